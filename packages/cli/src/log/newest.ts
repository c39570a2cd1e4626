/**
 * The newest actions that a filter shows. The journal is read backwards, so an outcome is met before the decision it
 * belongs to and one pass joins them; reading ends as soon as enough is found or the time asked for is passed.
 */
import type { Effect, JournalQuery, JournalRecord, Kernel } from '@portcullis/wire';
import { type ActionLine, actionLine } from './action-line.ts';
import { type Filter, shows } from './filter.ts';

const PAGE = 1000;

/** Oldest first, at most `limit`. */
export async function newestActions(
  kernel: Kernel,
  filter: Filter,
  limit: number,
): Promise<ActionLine[]> {
  const [status = '', ...others] = filter.statuses;
  const rare = others.length === 0 && RARE_OUTCOMES.has(status);
  return rare
    ? byOutcome(kernel, filter, status, limit)
    : byDecision(kernel, filter, limit, others.length === 0 ? status : '');
}

const MOST_OF_A_SESSION = 100_000;

/** What one session did, oldest first. Throws `not_found` where there is no such session; one that never acted has no actions. */
export async function sessionActions(kernel: Kernel, session: string): Promise<ActionLine[]> {
  const all: Filter = {
    query: { session },
    since: Number.NEGATIVE_INFINITY,
    until: Number.POSITIVE_INFINITY,
    statuses: new Set(),
  };
  const actions = await newestActions(kernel, all, MOST_OF_A_SESSION);
  if (actions.length === 0) await kernel.session(session);
  return actions;
}

/** Asked of the journal's index: few among many, and none needs the whole journal to be read. */
const RARE_OUTCOMES: ReadonlySet<string> = new Set([
  'error',
  'unknown',
  'not_executed',
  'not_reported',
]);

/** Effects that owe no outcome: their decision says all. */
const REFUSALS: ReadonlySet<string> = new Set(['deny', 'defer', 'require_approval']);

async function byDecision(
  kernel: Kernel,
  filter: Filter,
  limit: number,
  status: string,
): Promise<ActionLine[]> {
  const query: JournalQuery = REFUSALS.has(status)
    ? { kind: 'decision', effect: status as Effect }
    : {};
  const found: ActionLine[] = [];
  const outcomes = new Map<string, JournalRecord>();
  for await (const record of backwards(kernel, filter, query)) {
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

/** Every outcome of this status with the decision it belongs to, unless a later outcome has settled it otherwise. */
async function byOutcome(
  kernel: Kernel,
  filter: Filter,
  status: string,
  limit: number,
): Promise<ActionLine[]> {
  const found = new Map<string, ActionLine>();
  for await (const outcome of backwards(kernel, filter, { kind: 'outcome', status })) {
    const id = String(outcome.id ?? '');
    if (found.has(id)) continue;
    const { records } = await kernel.journal({ id });
    const decision = records.find((record) => record.kind === 'decision');
    if (decision === undefined) continue;
    const line = actionLine(
      decision,
      records.findLast((record) => record.kind === 'outcome'),
    );
    if (shows(filter, line)) found.set(id, line);
    if (found.size >= limit) break;
  }
  return [...found.values()].toSorted((a, b) => a.seq - b.seq);
}

async function* backwards(
  kernel: Kernel,
  filter: Filter,
  query: JournalQuery,
): AsyncGenerator<JournalRecord> {
  const first: JournalQuery = {
    ...filter.query,
    ...query,
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
