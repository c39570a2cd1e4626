/** What the kernel holds of a session in memory: small, for there may be many. */
import type { Label, Quarantine } from '@portcullis/wire';
import type { InForce } from './invalidation.ts';

/** Where a session began, as far as somebody who may said so; drift is measured against it. */
export interface Origin {
  readonly ip?: string;
  readonly country?: string;
  readonly region?: string;
  readonly city?: string;
  readonly latitude?: number;
  readonly longitude?: number;
  readonly device?: string;
  readonly user_agent?: string;
}

/** Nobody said where the session began. One object, so that asking is one comparison. */
export const NO_ORIGIN: Origin = Object.freeze({});

export const originOf = (said: Origin | undefined): Origin => {
  for (const _ in said) return said as Origin;
  return NO_ORIGIN;
};

export interface SessionState {
  readonly id: string;
  readonly tenant: string;
  readonly principal: string;
  readonly onBehalfOf: string | undefined;
  readonly label: string | undefined;
  readonly preset: string | undefined;
  /** Milliseconds since the epoch. */
  readonly opened: number;
  /** What was said at the opening, else by the first action that said anything. */
  origin: Origin;
  /** The credential whose standing session this is: it cannot be closed, and labels stay with it. */
  readonly standing: string | undefined;
  closed: boolean;
  /** The session that it was opened below; the one above that when it is closed. */
  parent: string | undefined;
  /** What holds: the strictest of its own, its parents', its principal's. */
  quarantine: Quarantine;
  /** Its own. */
  held: Quarantine;
  /** Of parents that are closed. */
  inherited: Quarantine;
  /** Principals of those. */
  forebears: readonly string[];
  /** It is over: nothing in it will be permitted again, unless somebody restores it. */
  invalidated: InForce | undefined;
  actions: number;
  denied: number;
  labels: readonly Label[];
  /** The last action or turn, milliseconds since the epoch. */
  used: number;
  /** The minute (since the epoch) of the last action, the actions decided in it, and those of the minute before. */
  minute: number;
  recent: number;
  before: number;
}

export interface SessionKey {
  readonly tenant: string;
  readonly principal: string;
  readonly onBehalfOf: string | undefined;
}

export interface NewSession extends SessionKey {
  readonly id: string;
  readonly opened: number;
  readonly label?: string | undefined;
  readonly preset?: string | undefined;
  readonly origin?: Origin;
  /** The credential whose standing session this is. */
  readonly standing?: string | undefined;
  /** The session that it is opened below: its quarantine holds here too. */
  readonly parent?: string | undefined;
}

const NOBODY: readonly string[] = Object.freeze([]);
const NO_LABELS: readonly Label[] = Object.freeze([]);

/** As it is when it begins: nothing was done in it. */
export const newSession = (session: NewSession): SessionState => ({
  id: session.id,
  tenant: session.tenant,
  principal: session.principal,
  onBehalfOf: session.onBehalfOf,
  label: session.label,
  preset: session.preset,
  opened: session.opened,
  origin: originOf(session.origin),
  standing: session.standing,
  closed: false,
  parent: session.parent,
  quarantine: 'none',
  held: 'none',
  inherited: 'none',
  forebears: NOBODY,
  invalidated: undefined,
  actions: 0,
  denied: 0,
  labels: NO_LABELS,
  used: session.opened,
  minute: 0,
  recent: 0,
  before: 0,
});

/** Counts one decision, for the rate of actions. */
export function tick(session: SessionState, now: number): void {
  session.used = now;
  const minute = Math.floor(now / 60_000);
  if (session.minute !== minute) {
    session.before = session.minute === minute - 1 ? session.recent : 0;
    session.minute = minute;
    session.recent = 0;
  }
  session.recent += 1;
}

/** Actions decided in the last minute, those of the minute before in proportion. This one is not among them. */
export function perMinute(session: SessionState, now: number): number {
  const minute = Math.floor(now / 60_000);
  const share = 1 - (now % 60_000) / 60_000;
  if (session.minute === minute) return session.recent + session.before * share;
  return session.minute === minute - 1 ? session.recent * share : 0;
}
