/** The journal as lines of JSON, page by page at the reader's pace: nothing is read ahead of who reads. */
import type { JournalQuery } from '@portcullis/wire';
import type { Call } from '../route.ts';
import { StallWatch } from './stall.ts';

const PAGE = 1000;

export function exportRecords(call: Call, query: JournalQuery): ReadableStream<Uint8Array> {
  const { kernel, sidecar, outgoing } = call;
  const encoder = new TextEncoder();
  const stall = new StallWatch(outgoing, sidecar.stall);
  let after = query.after;
  let last = false;
  return new ReadableStream(
    {
      async pull(controller) {
        stall.taken();
        let lines = '';
        while (lines === '' && !last && !sidecar.draining.aborted) {
          const from = after === undefined ? query : { ...query, after };
          const page = await kernel.journal({ ...from, limit: PAGE });
          for (const record of page.records) lines += `${JSON.stringify(record)}\n`;
          after = page.next;
          last = page.next === undefined;
        }
        if (lines === '') return controller.close();
        stall.offered();
        controller.enqueue(encoder.encode(lines));
      },
      cancel: () => stall.taken(),
    },
    { highWaterMark: 0 },
  );
}
