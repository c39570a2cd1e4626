/**
 * The sessions that are open. Ids are minted here, bound to tenant and principal; another's id answers like an unknown one. A credential
 * without the right to open sessions has one standing session per principal it acts for, and so cannot shed labels.
 */
import { randomBytes } from 'node:crypto';
import type { Quarantine } from '@portcullis/wire';
import { HeldCounts } from '../state/held-counts.ts';
import { milder, stricter, type Whom } from './quarantine.ts';
import { type NewSession, newSession, type SessionKey, type SessionState } from './state.ts';

/** Closed sessions whose ids still answer `session_closed`. */
const CLOSED_KEPT = 1_000;

/** Of those, quarantined and invalidated ones that are kept beyond: what they delegated stays stopped. */
const HELD_KEPT = 100_000;

/** 128 random bits. */
export const mintSessionId = (): string => `ses_${randomBytes(16).toString('base64url')}`;

const standingKey = (key: SessionKey, credential: string): string =>
  JSON.stringify([key.tenant, credential, key.principal, key.onBehalfOf ?? null]);

const belongs = (state: SessionState, key: SessionKey, credential: string): boolean =>
  state.standing === credential &&
  state.principal === key.principal &&
  state.tenant === key.tenant &&
  state.onBehalfOf === key.onBehalfOf;

const principalKey = ({ tenant, principal }: SessionState): string =>
  JSON.stringify([tenant, principal]);

/** Sessions below one another. */
export const MOST_BELOW = 32;

export class SessionRegistry {
  readonly #sessions = new Map<string, SessionState>();
  readonly #standing = new Map<string, SessionState>();
  /** The one asked for last: mostly the next one too. */
  #latest: SessionState | undefined = undefined;

  /** Open ones of each principal. */
  readonly #counts = new HeldCounts();
  readonly #children = new Map<string, Set<SessionState>>();
  readonly #principals = new Map<string, Quarantine>();
  /** What is quarantined while releases wait for their records. */
  readonly #meanwhile = new Set<(() => void)[]>();
  /** Closed, and quarantined or invalidated. */
  readonly #held = new Set<string>();
  /** Oldest first. */
  #closed: { readonly id: string; readonly at: number }[] = [];

  /** Open ones. */
  get size(): number {
    return this.#sessions.size - this.#closed.length - this.#held.size;
  }

  /** Open ones of this principal. */
  sizeOf(tenant: string, principal: string): number {
    return this.#counts.of(tenant, principal);
  }

  /** Open ones of this tenant. */
  sizeOfTenant(tenant: string): number {
    return this.#counts.ofTenant(tenant);
  }

  open(session: NewSession): SessionState {
    const state = newSession(session);
    this.restore(state);
    this.#settle(state);
    return state;
  }

  /** Puts a state back as it was: after a restart. */
  restore(state: SessionState): void {
    this.#sessions.set(state.id, state);
    if (!state.closed) this.#counts.add(state.tenant, state.principal, 1);
    if (state.parent !== undefined && !state.closed) this.#childrenOf(state.parent).add(state);
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
    this.#counts.add(state.tenant, state.principal, -1);
    this.#orphan(state);
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
    if (oldest === undefined) return;
    const state = this.#sessions.get(oldest.id);
    if (state?.quarantine === 'none' && state.invalidated === undefined) {
      this.#sessions.delete(oldest.id);
      return;
    }
    this.#held.add(oldest.id);
    if (this.#held.size <= HELD_KEPT) return;
    for (const id of this.#held) {
      this.#held.delete(id);
      this.#sessions.delete(id);
      return;
    }
  }

  /** Those opened below a session that closes are from now on below the one above it, and keep what they had of it. */
  #orphan(state: SessionState): void {
    for (const child of this.#children.get(state.id) ?? []) {
      child.inherited = stricter(child.inherited, state.quarantine);
      child.forebears = [...new Set([...child.forebears, ...state.forebears, state.principal])];
      child.parent = state.parent;
      if (state.parent !== undefined) this.#childrenOf(state.parent).add(child);
    }
    this.#children.delete(state.id);
    if (state.parent === undefined) return;
    const siblings = this.#children.get(state.parent);
    siblings?.delete(state);
    if (siblings?.size === 0) this.#children.delete(state.parent);
  }

  #childrenOf(id: string): Set<SessionState> {
    const children = this.#children.get(id) ?? new Set();
    this.#children.set(id, children);
    return children;
  }

  /** At least this, from now on, of the session or of all that its principal has and will have. */
  quarantine(id: string, level: Quarantine, whom: Whom = 'session'): void {
    const state = this.#sessions.get(id);
    if (state === undefined) return;
    for (const later of this.#meanwhile) later.push(() => this.quarantine(id, level, whom));
    if (whom === 'session') {
      state.held = stricter(state.held, level);
      this.#settle(state);
      return;
    }
    const key = principalKey(state);
    this.#principals.set(key, stricter(this.#principals.get(key) ?? 'none', level));
    this.#settlePrincipal(state);
  }

  /** At most this of its own, of closed parents and of its principal; a living parent's stays. */
  release(id: string, level: Quarantine): void {
    const state = this.#sessions.get(id);
    if (state === undefined) return;
    state.held = milder(state.held, level);
    state.inherited = milder(state.inherited, level);
    const key = principalKey(state);
    const principal = milder(this.#principals.get(key) ?? 'none', level);
    if (principal === 'none') this.#principals.delete(key);
    else this.#principals.set(key, principal);
    this.#settle(state);
    this.#settlePrincipal(state);
  }

  /** A release once its record is written: what is quarantined until then comes after it in the journal, and stays. */
  async releaseAfter(recorded: Promise<void>, id: string, level: Quarantine): Promise<void> {
    const later: (() => void)[] = [];
    this.#meanwhile.add(later);
    try {
      await recorded;
    } finally {
      this.#meanwhile.delete(later);
    }
    this.release(id, level);
    for (const again of later) again();
  }

  /** The session and all above it, nearest first. */
  *line(state: SessionState): Generator<SessionState> {
    let at: SessionState | undefined = state;
    while (at !== undefined) {
      yield at;
      at = at.parent === undefined ? undefined : this.#sessions.get(at.parent);
    }
  }

  /** Principals that are quarantined as such, with their tenants. */
  get quarantined(): readonly (readonly [key: string, level: Quarantine])[] {
    return [...this.#principals];
  }

  requarantine(saved: readonly (readonly [key: string, level: Quarantine])[]): void {
    for (const [key, level] of saved) this.#principals.set(key, level);
  }

  #settlePrincipal({ tenant, principal }: SessionState): void {
    for (const state of this.#sessions.values())
      if (state.principal === principal && state.tenant === tenant) this.#settle(state);
  }

  /** Works out what holds, here and below. A line is at most MOST_BELOW long. */
  #settle(state: SessionState): void {
    const parent = state.parent === undefined ? undefined : this.#sessions.get(state.parent);
    let level = stricter(state.held, state.inherited);
    if (parent !== undefined) level = stricter(level, parent.quarantine);
    if (this.#principals.size > 0)
      level = stricter(level, this.#principals.get(principalKey(state)) ?? 'none');
    if (level === state.quarantine) return;
    state.quarantine = level;
    for (const child of this.#children.get(state.id) ?? []) this.#settle(child);
  }

  all(): IterableIterator<SessionState> {
    return this.#sessions.values();
  }

  clear(): void {
    this.#sessions.clear();
    this.#counts.clear();
    this.#standing.clear();
    this.#children.clear();
    this.#principals.clear();
    this.#held.clear();
    this.#latest = undefined;
    this.#closed = [];
  }
}
