/**
 * What is over: sessions, principals and roles. In force from the record that says so, over restarts, until somebody lifts it; a permit that
 * was out at that moment stays void though it is lifted.
 *
 * INVARIANT: nothing here is forgotten to make room. A session's goes with the session; of principals and roles an administrator may name
 * MOST, and one more is refused.
 */
import type { InvalidationTarget, JournalRecord, Json } from '@portcullis/wire';
import { timeOf } from '../record/time.ts';
import type { Fold } from '../state/fold.ts';
import type { PendingAction, PendingActions } from '../state/pending.ts';
import { type Ended, type InForce, inForceBy } from './invalidation.ts';
import type { SessionRegistry } from './registry.ts';

/** Whom an action speaks for. */
export interface Asking {
  readonly tenant: string;
  readonly principals: readonly (string | undefined)[];
  readonly roles: readonly (readonly string[])[];
}

const MOST = 100_000;

const keyOf = (tenant: string, id: string): string => JSON.stringify([tenant, id]);

export class Invalidations implements Fold {
  readonly name = 'invalidations';
  readonly #sessions: SessionRegistry;
  readonly #pending: PendingActions;
  readonly #principals = new Map<string, InForce>();
  readonly #roles = new Map<string, InForce>();

  constructor(sessions: SessionRegistry, pending: PendingActions) {
    this.#sessions = sessions;
    this.#pending = pending;
  }

  /** No principal and no role is over: most kernels, most of the time. */
  get none(): boolean {
    return this.#principals.size === 0 && this.#roles.size === 0;
  }

  get full(): boolean {
    return this.#principals.size + this.#roles.size >= MOST;
  }

  /** What ends this asking, if anything does. */
  of(asking: Asking): InForce | undefined {
    for (const id of asking.principals) {
      const ended = id === undefined ? undefined : this.#principals.get(keyOf(asking.tenant, id));
      if (ended !== undefined) return ended;
    }
    if (this.#roles.size === 0) return undefined;
    for (const roles of asking.roles) {
      for (const role of roles) {
        const ended = this.#roles.get(keyOf(asking.tenant, role));
        if (ended !== undefined) return ended;
      }
    }
    return undefined;
  }

  get(target: InvalidationTarget, tenant: string, id: string): InForce | undefined {
    if (target === 'session') return this.#sessions.findAny(id, tenant)?.invalidated;
    return (target === 'role' ? this.#roles : this.#principals).get(keyOf(tenant, id));
  }

  /** From now on, and for every permit that is out. */
  put(ended: InForce): void {
    const { target, tenant, id } = ended;
    if (target === 'session') {
      const session = this.#sessions.findAny(id, tenant);
      if (session !== undefined) session.invalidated = ended;
    } else {
      (target === 'role' ? this.#roles : this.#principals).set(keyOf(tenant, id), ended);
    }
    for (const pending of this.#pending.all()) if (touches(ended, pending)) pending.voided = true;
  }

  lift(target: InvalidationTarget, tenant: string, id: string): void {
    if (target === 'session') {
      const session = this.#sessions.findAny(id, tenant);
      if (session !== undefined) session.invalidated = undefined;
      return;
    }
    (target === 'role' ? this.#roles : this.#principals).delete(keyOf(tenant, id));
  }

  /** Oldest first within each kind: roles, principals, sessions. */
  *all(tenant: string): Generator<InForce> {
    for (const ended of this.#roles.values()) if (ended.tenant === tenant) yield ended;
    for (const ended of this.#principals.values()) if (ended.tenant === tenant) yield ended;
    for (const { invalidated } of this.#sessions.all()) {
      if (invalidated?.tenant === tenant) yield invalidated;
    }
  }

  apply(record: JournalRecord): void {
    if (record.kind === 'decision') {
      const ended = record.invalidates as readonly Ended[] | undefined;
      for (const one of ended ?? [])
        this.put(inForceBy(one, record.tenant, timeOf(record), record.seq, ruleReason(record)));
      return;
    }
    if (record.kind !== 'state') return;
    const target = record.target as InvalidationTarget;
    const id = record.id as string;
    if (record.event === 'restored') this.lift(target, record.tenant, id);
    if (record.event !== 'invalidated') return;
    const { tenant, seq } = record;
    const reason = record.reason as string;
    const at = timeOf(record);
    this.put({ target, id, reason, guard: 'administrator', tenant, at, record: seq });
  }

  save(): Json {
    return [...this.#roles.values(), ...this.#principals.values()].map((ended) => ({ ...ended }));
  }

  load(json: Json): void {
    this.#principals.clear();
    this.#roles.clear();
    for (const ended of json as unknown as InForce[])
      (ended.target === 'role' ? this.#roles : this.#principals).set(
        keyOf(ended.tenant, ended.id),
        ended,
      );
  }
}

const ruleReason = (record: JournalRecord): string | undefined =>
  record.rule_reason as string | undefined;

/** Whether a permit that is out was for what is over. Roles are not in the journal: after a restart, any may have been its principal's. */
function touches(ended: InForce, pending: PendingAction): boolean {
  if (pending.tenant !== ended.tenant) return false;
  if (ended.target === 'session') return pending.session === ended.id;
  if (ended.target === 'principal')
    return pending.principal === ended.id || pending.onBehalfOf === ended.id;
  return pending.roles === undefined || pending.roles.includes(ended.id);
}
