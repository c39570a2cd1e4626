/** Which sessions acted last. Bounded: it looks at the newest decisions, and says how many of those were a session's. */
import type { Kernel } from '@portcullis/wire';
import { Fault } from '../exit.ts';

export interface SeenSession {
  readonly id: string;
  readonly principal: string;
  /** When it acted last. */
  readonly last: string;
  /** Among the decisions looked at. */
  readonly actions: number;
  readonly denied: number;
}

const PAGE = 1000;
const MOST_PAGES = 20;

/** Newest first. */
export async function latestSessions(kernel: Kernel, limit: number): Promise<SeenSession[]> {
  const seen = new Map<
    string,
    { principal: string; last: string; actions: number; denied: number }
  >();
  let after: number | undefined;
  for (let pages = 0; pages < MOST_PAGES; pages += 1) {
    const page = await kernel.journal({
      kind: 'decision',
      reverse: true,
      limit: PAGE,
      ...(after === undefined ? {} : { after }),
    });
    for (const record of page.records) {
      const id = record.session;
      if (typeof id !== 'string') continue;
      const entry = seen.get(id) ?? {
        principal: String(record.principal ?? ''),
        last: record.ts,
        actions: 0,
        denied: 0,
      };
      entry.actions += 1;
      if (record.effect === 'deny') entry.denied += 1;
      seen.set(id, entry);
    }
    if (page.next === undefined || seen.size >= limit) break;
    after = page.next;
  }
  return [...seen].slice(0, limit).map(([id, entry]) => ({ id, ...entry }));
}

/** Throws `not_found` where none has acted. */
export async function latestSession(kernel: Kernel): Promise<string> {
  const [session] = await latestSessions(kernel, 1);
  if (session === undefined) throw new Fault('not_found', 'no session has acted yet');
  return session.id;
}
