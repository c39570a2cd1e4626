/** Sessions at their end: closed by a record like any other close, a bounded number looked at each time. */
import type { Parts } from '../../parts.ts';
import { eventMembers } from '../../record/event.ts';
import type { SessionState } from '../../session/state.ts';
import { releaseSession } from './release.ts';

type Ending = Pick<Parts, 'journal' | 'state' | 'events' | 'flows' | 'behaviours' | 'life'>;

/** Sessions looked at in one sweep: a million in less than two minutes. */
const STEP = 10_000;

/** Closes it where it is at its end. True where it did. */
export function expire(parts: Ending, session: SessionState, now: number): boolean {
  const cause = parts.life.ended(session, now);
  if (cause === undefined) return false;
  const { id, tenant, principal } = session;
  const members = eventMembers('session.closed', { session: id, principal, cause });
  const record = parts.journal.append({ kind: 'state', tenant, at: now, members });
  // Told to nobody who waits: a record that is lost leaves it open, and it is closed again.
  record.durable.catch(() => {});
  releaseSession(parts, id, now);
  parts.events.emit(tenant, principal, 'session', now, { session: id, change: 'closed', cause });
  return true;
}

/** Goes round all sessions, a step at a time. */
export class SessionSweep {
  #at: IterableIterator<SessionState> | undefined;

  step(parts: Ending, now: number): void {
    parts.state.sessions.forget(now - parts.life.closedFor);
    this.#at ??= parts.state.sessions.all();
    for (let i = 0; i < STEP; i++) {
      const next = this.#at.next();
      if (next.done === true) {
        this.#at = undefined;
        return;
      }
      expire(parts, next.value, now);
    }
  }
}
