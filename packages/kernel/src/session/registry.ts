/**
 * The sessions that are open. Ids are minted here, bound to tenant and principal; another's id answers like an unknown one. A credential
 * without the right to open sessions has one standing session per principal it acts for, and so cannot shed labels.
 */
import { randomBytes } from 'node:crypto';
import type { Label, Quarantine } from '@portcullis/wire';
import { type Origin, originOf, type SessionState } from './state.ts';

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
}

/** Closed sessions whose ids still answer `session_closed`. */
const CLOSED_KEPT = 1_000;

const NO_LABELS: readonly Label[] = Object.freeze([]);

/** 128 random bits. */
export const mintSessionId = (): string => `ses_${randomBytes(16).toString('base64url')}`;

const standingKey = (key: SessionKey, credential: string): string =>
  JSON.stringify([key.tenant, credential, key.principal, key.onBehalfOf ?? null]);

const belongs = (state: SessionState, key: SessionKey, credential: string): boolean =>
  state.standing === credential &&
  state.principal === key.principal &&
  state.tenant === key.tenant &&
  state.onBehalfOf === key.onBehalfOf;

export class SessionRegistry {
  readonly #sessions = new Map<string, SessionState>();
  readonly #standing = new Map<string, SessionState>();
  /** The one asked for last: mostly the next one too. */
  #latest: SessionState | undefined = undefined;

  /** Oldest first. */
  #closed: { readonly id: string; readonly at: number }[] = [];

  /** Open ones. */
  get size(): number {
    return this.#sessions.size - this.#closed.length;
  }

  open(session: NewSession): SessionState {
    const state: SessionState = {
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
      quarantine: 'none',
      invalidated: undefined,
      actions: 0,
      denied: 0,
      labels: NO_LABELS,
      used: session.opened,
      minute: 0,
      recent: 0,
      before: 0,
    };
    this.restore(state);
    return state;
  }

  /** Puts a state back as it was: after a restart. */
  restore(state: SessionState): void {
    this.#sessions.set(state.id, state);
    if (state.closed) this.#closed.push({ id: state.id, at: 0 });
    if (state.standing === undefined || state.closed) return;
    this.#standing.set(standingKey(state, state.standing), state);
    this.#latest = state;
  }

  /** The session of this id, if it belongs to this tenant and principal. */
  find(id: string, tenant: string, principal: string): SessionState | undefined {
    const state = this.#sessions.get(id);
    return state !== undefined && state.tenant === tenant && state.principal === principal
      ? state
      : undefined;
  }

  /** For who administers the tenant: whoever's session it is. */
  findAny(id: string, tenant: string): SessionState | undefined {
    const state = this.#sessions.get(id);
    return state?.tenant === tenant ? state : undefined;
  }

  standing(key: SessionKey, credential: string): SessionState | undefined {
    if (this.#latest !== undefined && belongs(this.#latest, key, credential)) return this.#latest;
    this.#latest = this.#standing.get(standingKey(key, credential));
    return this.#latest;
  }

  /** Remembered as closed until `forget`, or until many have been closed since; then its id answers like an unknown one. */
  close(id: string, at: number): void {
    const state = this.#sessions.get(id);
    if (state === undefined || state.closed) return;
    state.closed = true;
    this.#closed.push({ id, at });
    if (this.#closed.length > CLOSED_KEPT) this.#drop();
    if (state.standing === undefined) return;
    this.#standing.delete(standingKey(state, state.standing));
    if (this.#latest === state) this.#latest = undefined;
  }

  /** Drops those that were closed before. */
  forget(before: number): void {
    while ((this.#closed[0]?.at ?? before) < before) this.#drop();
  }

  #drop(): void {
    const oldest = this.#closed.shift();
    if (oldest !== undefined) this.#sessions.delete(oldest.id);
  }

  quarantine(id: string, level: Quarantine): void {
    const state = this.#sessions.get(id);
    if (state !== undefined) state.quarantine = level;
  }

  all(): IterableIterator<SessionState> {
    return this.#sessions.values();
  }

  clear(): void {
    this.#sessions.clear();
    this.#standing.clear();
    this.#latest = undefined;
    this.#closed = [];
  }
}
