/** Actions as they are settled: a refused one at its decision, one that runs at its outcome. Ends with the signal. */
import type { JournalRecord, Kernel } from '@portcullis/wire';
import { type ActionLine, actionLine } from './action-line.ts';
import { type Filter, shows } from './filter.ts';

/** Decisions that wait for their outcome; beyond this the oldest is shown as pending. */
const MOST_WAITING = 10_000;

export async function* settledActions(
  kernel: Kernel,
  filter: Filter,
  after: number,
  signal: AbortSignal,
): AsyncGenerator<ActionLine> {
  const waiting = new Map<string, JournalRecord>();
  let seen = after;
  for await (const _ of wakes(kernel, signal)) {
    for (;;) {
      const page = await kernel.journal({ ...filter.query, after: seen, limit: 1000 });
      for (const record of page.records) {
        seen = Math.max(seen, record.seq);
        const line = settle(record, waiting) ?? (await begunBefore(kernel, record, after));
        if (line !== undefined && shows(filter, line)) yield line;
      }
      if (page.next === undefined) break;
    }
  }
}

/** Once at the start, then whenever something was recorded. */
async function* wakes(kernel: Kernel, signal: AbortSignal): AsyncGenerator<void> {
  const events = kernel.events({ signal });
  yield;
  for await (const _ of events) yield;
}

function settle(
  record: JournalRecord,
  waiting: Map<string, JournalRecord>,
): ActionLine | undefined {
  const id = String(record.id ?? '');
  if (record.kind === 'decision') {
    const line = actionLine(record, undefined);
    if (line.outcome !== 'pending') return line;
    waiting.set(id, record);
    const [oldest] = waiting.size > MOST_WAITING ? waiting : [];
    if (oldest === undefined) return undefined;
    waiting.delete(oldest[0]);
    return actionLine(oldest[1], undefined);
  }
  const decision = record.kind === 'outcome' ? waiting.get(id) : undefined;
  if (decision === undefined) return undefined;
  waiting.delete(id);
  return actionLine(decision, record);
}

/** An outcome whose decision was recorded before the watch began. */
async function begunBefore(
  kernel: Kernel,
  record: JournalRecord,
  start: number,
): Promise<ActionLine | undefined> {
  if (record.kind !== 'outcome') return undefined;
  const { records } = await kernel.journal({ id: String(record.id ?? ''), kind: 'decision' });
  const [decision] = records;
  return decision !== undefined && decision.seq <= start ? actionLine(decision, record) : undefined;
}
