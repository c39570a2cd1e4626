/** Levels of quarantine, the strictest last; and for whom one holds: a session and those opened below it, or all sessions of a principal. */
import type { Quarantine } from '@portcullis/wire';

const RANK: Readonly<Record<Quarantine, number>> = Object.freeze({
  none: 0,
  read_only: 1,
  isolated: 2,
  frozen: 3,
});

export const LEVELS: readonly string[] = Object.keys(RANK);

export const isQuarantine = (level: unknown): level is Quarantine =>
  typeof level === 'string' && Object.hasOwn(RANK, level);

export const isStricter = (a: Quarantine, b: Quarantine): boolean => RANK[a] > RANK[b];

export const stricter = (a: Quarantine, b: Quarantine): Quarantine => (isStricter(b, a) ? b : a);

export const milder = (a: Quarantine, b: Quarantine): Quarantine => (isStricter(b, a) ? a : b);

export type Whom = 'session' | 'principal';

/** What a decision's record says of it. */
export interface Quarantines {
  readonly level: Quarantine;
  readonly rule: string;
  /** The session where left out. */
  readonly whom?: Whom;
}
