/**
 * The newest actions that a filter shows. The journal is read backwards, so an outcome is met before the decision it
 * belongs to and one pass joins them; reading ends as soon as enough is found or the time asked for is passed.
 */
import type { JournalQuery, JournalRecord, Kernel } from '@portcullis/wire';
import { type ActionLine, actionLine } from './action-line.ts';
import { type Filter, shows } from './filter.ts';

const PAGE = 1000;

/** Oldest first, at most `limit`. */
export async function newestActions(
  kernel: Kernel,
  filter: Filter,
  limit: number,
): Promise<ActionLine[]> {
  const found: ActionLine[] = [];
  const outcomes = new Map<string, JournalRecord>();
  for await (const record of backwards(kernel, filter)) {
    const id = String(record.id ?? '');
    if (record.kind === 'outcome') {
      if (!outcomes.has(id)) outcomes.set(id, record);
      continue;
    }
    if (record.kind !== 'decision') continue;
    if (Date.parse(record.ts) < filter.since) break;
    const line = actionLine(record, outcomes.get(id));
    outcomes.delete(id);
    if (!shows(filter, line)) continue;
    found.push(line);
    if (found.length >= limit) break;
  }
  return found.reverse();
}

async function* backwards(kernel: Kernel, filter: Filter): AsyncGenerator<JournalRecord> {
  const first: JournalQuery = {
    ...filter.query,
    ...(Number.isFinite(filter.since) ? { since: new Date(filter.since).toISOString() } : {}),
    limit: PAGE,
    reverse: true,
  };
  let page = await kernel.journal(first);
  for (;;) {
    yield* page.records;
    if (page.next === undefined) return;
    page = await kernel.journal({ ...first, after: page.next });
  }
}
