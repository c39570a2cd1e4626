/** How long sessions are kept: a bound on idling, one on age, one on how many there are. */
import { PortcullisError } from '../errors.ts';
import { mostForOne, mostForTenant } from '../fair-share.ts';
import type { SessionState } from './state.ts';

export interface SessionLife {
  /** Milliseconds without an action or a turn after which a session is closed. Default 7 days; false for never. */
  readonly idle?: number | false;
  /** Milliseconds after which it is closed, whatever happens in it. Default: never. */
  readonly age?: number | false;
  /** Milliseconds that a closed session still answers `session_closed`; then its id is unknown. Default 1 hour. */
  readonly closedFor?: number;
  /** Open sessions of the kernel, standing ones not counted in what is refused. Default 1,000,000. */
  readonly most?: number;
}

export interface Life {
  readonly closedFor: number;
  /** Why a session is at its end; undefined where it is not. */
  ended(session: SessionState, now: number): 'idle' | 'age' | undefined;
  /** Throws `too_many_requests` where there is no room for one more: of all, of the principal's share, or of its tenant's. */
  needRoom(open: number, own: number, ofTenant: number): void;
}

const DAY = 86_400_000;

/** Throws a TypeError that names the option. */
export function lifeOf(options: SessionLife = {}): Life {
  const { idle = 7 * DAY, age = false, closedFor = 3_600_000, most = 1_000_000 } = options;
  for (const [name, value] of Object.entries({ idle, age, closedFor, most })) {
    const off = value === false && (name === 'idle' || name === 'age');
    if (!off && !(typeof value === 'number' && value > 0 && value <= Number.MAX_SAFE_INTEGER))
      throw new TypeError(`sessions.${name} is a number above 0`);
  }
  return Object.freeze({
    closedFor,
    ended(session: SessionState, now: number) {
      if (session.closed) return undefined;
      if (session.standing !== undefined)
        return holds(session) || !past(session, idle, now) ? undefined : 'idle';
      if (age !== false && now - session.opened > age) return 'age';
      return past(session, idle, now) ? 'idle' : undefined;
    },
    needRoom(open: number, own: number, ofTenant: number): void {
      const full = [
        [open, most],
        [own, mostForOne(most)],
        [ofTenant, mostForTenant(most)],
      ].find(([are = 0, may = 0]) => are >= may);
      if (full === undefined) return;
      throw new PortcullisError(
        'too_many_requests',
        `there are ${full[0]} open sessions: close some`,
        { retryAfter: 60 },
      );
    },
  });
}

const past = (session: SessionState, idle: number | false, now: number): boolean =>
  idle !== false && now - session.used > idle;

/** A standing session that has seen or done something wrong is kept: waiting must not shed it. */
const holds = ({ labels, quarantine, invalidated, denied }: SessionState): boolean =>
  labels.length > 0 || quarantine !== 'none' || invalidated !== undefined || denied > 0;
