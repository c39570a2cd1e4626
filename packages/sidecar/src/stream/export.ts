/** The journal as lines of JSON, page by page at the reader's pace: at most one page is read ahead of who reads. */
import type { JournalPage, JournalQuery } from '@portcullis/wire';
import type { Call } from '../route.ts';
import { occupy, paced } from './paced.ts';

const PAGE = 1000;

/** The first page is read before anything is sent, so that what cannot be read is an error and not half an answer. */
export async function exportRecords(
  call: Call,
  query: JournalQuery,
): Promise<ReadableStream<Uint8Array>> {
  const { kernel, sidecar } = call;
  const pageAfter = (after: number | undefined) =>
    kernel.journal({ ...query, ...(after === undefined ? {} : { after }), limit: PAGE });
  let page: JournalPage | undefined = await pageAfter(query.after);
  const take = async (): Promise<string | undefined> => {
    let lines = '';
    while (lines === '' && page !== undefined && !sidecar.draining.aborted) {
      for (const record of page.records) lines += `${JSON.stringify(record)}\n`;
      page = page.next === undefined ? undefined : await pageAfter(page.next);
    }
    return lines === '' ? undefined : lines;
  };
  return paced(call, take, occupy(call));
}
