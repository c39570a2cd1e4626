/** The journal as lines of JSON, page by page at the reader's pace: at most one page is read ahead of who reads. */
import type { JournalPage, JournalQuery } from '@portcullis/wire';
import type { Call } from '../route.ts';
import { StallWatch } from './stall.ts';

const PAGE = 1000;

/** The first page is read before anything is sent, so that what cannot be read is an error and not half an answer. */
export async function exportRecords(
  call: Call,
  query: JournalQuery,
): Promise<ReadableStream<Uint8Array>> {
  const { credential, kernel, sidecar, outgoing } = call;
  const encoder = new TextEncoder();
  const stall = new StallWatch(outgoing, sidecar.stall);
  const pageAfter = (after: number | undefined) =>
    kernel.journal({ ...query, ...(after === undefined ? {} : { after }), limit: PAGE });
  let page: JournalPage | undefined = await pageAfter(query.after);
  // Under way until it was read: who reads slowly takes a place for as long.
  sidecar.underWay.count++;
  credential.underWay++;
  let over = false;
  const end = (): void => {
    stall.taken();
    if (over) return;
    over = true;
    sidecar.underWay.count--;
    credential.underWay--;
  };
  const next = async (): Promise<string> => {
    let lines = '';
    while (lines === '' && page !== undefined && !sidecar.draining.aborted) {
      for (const record of page.records) lines += `${JSON.stringify(record)}\n`;
      page = page.next === undefined ? undefined : await pageAfter(page.next);
    }
    return lines;
  };
  return new ReadableStream(
    {
      async pull(controller) {
        stall.taken();
        const lines = await next().catch((error: unknown) => {
          end();
          throw error;
        });
        if (lines === '') {
          end();
          return controller.close();
        }
        stall.offered();
        controller.enqueue(encoder.encode(lines));
      },
      cancel: end,
    },
    { highWaterMark: 0 },
  );
}
