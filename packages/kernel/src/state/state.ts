/**
 * The kernel's state: everything that a restart rebuilds by folding the journal. The verbs change it through the same methods that
 * `apply` calls, so what is folded is what was.
 */
import type { JournalRecord, Json, Label, Quarantine } from '@portcullis/wire';
import { PrincipalSights } from '../behaviour/principal-sights.ts';
import type { FoldedState } from '../journal/types.ts';
import type { RebuildableRates } from '../policy/types.ts';
import { timeOf } from '../record/time.ts';
import { Invalidations } from '../session/invalidations.ts';
import { joinLabels } from '../session/labels.ts';
import { isStricter, type Quarantines } from '../session/quarantine.ts';
import { SessionRegistry } from '../session/registry.ts';
import { NO_ORIGIN, type Origin, originOf, type SessionState, tick } from '../session/state.ts';
import type { Fold } from './fold.ts';
import { Freezes } from './freezes.ts';
import { IdempotencyKeys, type Remembered } from './idempotency.ts';
import { type PendingAction, PendingActions } from './pending.ts';

/** Unknown outcomes that wait for somebody to resolve them: the newest are kept. */
const MOST_UNKNOWN = 10_000;

export class KernelState implements FoldedState {
  readonly sessions = new SessionRegistry();
  readonly pending = new PendingActions();
  readonly invalidations = new Invalidations(this.sessions, this.pending);
  readonly idempotency = new IdempotencyKeys();
  readonly sights = new PrincipalSights();
  readonly rates: RebuildableRates;
  /** Action id to tenant. */
  readonly unknown = new Map<string, string>();
  readonly freezes = new Freezes();

  readonly #folds: readonly Fold[];

  constructor(rates: RebuildableRates, folds: readonly Fold[] = []) {
    this.rates = rates;
    this.#folds = [this.invalidations, ...folds];
    // One that stood here twice would count every record twice.
    if (new Set(this.#folds.map(({ name }) => name)).size < this.#folds.length)
      throw new Error('two folds of one name');
  }

  /** Counts a decision on its session. The first that says where it is says where the session began, if its opening did not. */
  decided(
    session: SessionState | undefined,
    permitted: boolean,
    at: number,
    said: Origin | undefined,
  ): void {
    if (session === undefined) return;
    session.actions += 1;
    if (!permitted) session.denied += 1;
    tick(session, at);
    if (session.origin === NO_ORIGIN) session.origin = originOf(said);
  }

  /** Settles an outcome: the intent is no longer open, and the session has seen the labels. */
  settled(
    id: string,
    status: string,
    labels: readonly Label[],
    kept: string | undefined,
  ): PendingAction | undefined {
    const action = this.pending.settle(id);
    this.idempotency.settle(id, status, kept);
    if (action === undefined) return undefined;
    if (status === 'unknown' || status === 'not_reported') this.#noteUnknown(id, action.tenant);
    this.sees(action.tenant, action.session, labels, action.at);
    return action;
  }

  /** The session has seen these, and so has its principal. */
  sees(tenant: string, sessionId: string | undefined, labels: readonly Label[], at: number): void {
    if (sessionId === undefined || labels.length === 0) return;
    const session = this.sessions.findAny(sessionId, tenant);
    if (session === undefined) return;
    session.labels = joinLabels(session.labels, labels);
    this.sights.sees(tenant, session.principal, labels, at);
  }

  resolved(id: string): boolean {
    return this.unknown.delete(id);
  }

  #noteUnknown(id: string, tenant: string): void {
    this.unknown.set(id, tenant);
    if (this.unknown.size <= MOST_UNKNOWN) return;
    for (const oldest of this.unknown.keys()) {
      this.unknown.delete(oldest);
      return;
    }
  }

  // ---- the fold

  apply(record: JournalRecord): void {
    this.#applyOwn(record);
    for (const fold of this.#folds) fold.apply(record);
  }

  #applyOwn(record: JournalRecord): void {
    switch (record.kind) {
      case 'decision':
        this.#applyDecision(record);
        return;
      case 'outcome':
        this.settled(
          record.id as string,
          record.status as string,
          (record.labels ?? []) as unknown as Label[],
          record.kept as string | undefined,
        );
        return;
      case 'state':
        this.#applyState(record);
        return;
    }
  }

  #applyDecision(record: JournalRecord): void {
    const id = record.id as string;
    const session = record.session as string | undefined;
    const effect = record.effect as string;
    const permitted = effect === 'permit' || effect === 'modify';
    const at = timeOf(record);
    this.decided(
      session === undefined ? undefined : this.sessions.findAny(session, record.tenant),
      permitted,
      at,
      record.env as Origin | undefined,
    );
    const ends = record.quarantines as Quarantines | undefined;
    if (ends !== undefined && session !== undefined)
      this.sessions.quarantine(session, ends.level, ends.whom);
    if (record.bears !== undefined)
      this.sees(record.tenant, session, record.bears as unknown as Label[], at);
    const execution = record.execution as PendingAction['execution'];
    if (!permitted || execution === 'none') return;
    for (const [key, max, window] of (record.rates ?? []) as [string, number, number][]) {
      this.rates.apply(key, max, window, at);
    }
    this.pending.add({
      id,
      tenant: record.tenant,
      session,
      principal: record.principal as string,
      onBehalfOf: record.on_behalf_of as string | undefined,
      action: record.action as string,
      execution,
      grant: record.grant as PendingAction['grant'],
      at,
      redeemed: false,
      streams: record.streams === true,
    });
    const key = record.idempotency as string | undefined;
    if (key !== undefined) this.idempotency.begin(key, id, record.params as string, at);
  }

  #applyState(record: JournalRecord): void {
    const session = record.session as string;
    switch (record.event) {
      case 'session.opened':
        this.sessions.open({
          id: session,
          tenant: record.tenant,
          principal: record.principal as string,
          onBehalfOf: record.on_behalf_of as string | undefined,
          label: record.label as string | undefined,
          preset: record.preset as string | undefined,
          standing: record.standing as string | undefined,
          parent: record.parent as string | undefined,
          opened: timeOf(record),
          origin: (record.began ?? {}) as object,
        });
        return;
      case 'session.closed':
        this.sessions.close(session, timeOf(record));
        return;
      case 'session.turn': {
        const spoken = this.sessions.findAny(session, record.tenant);
        if (spoken !== undefined) spoken.used = timeOf(record);
        return;
      }
      case 'answer.replayed':
      case 'handle.expanded': {
        const labels = (record.labels ?? []) as unknown as Label[];
        this.sees(record.tenant, session, labels, timeOf(record));
        return;
      }
      case 'session.quarantined':
        this.#quarantine(session, record.level as Quarantine, record.tenant);
        return;
      case 'session.released':
        this.sessions.release(session, record.level as Quarantine);
        return;
      case 'permit.redeemed': {
        const action = this.pending.get(record.id as string);
        if (action !== undefined) action.redeemed = true;
        return;
      }
      case 'outcome.resolved':
        this.resolved(record.id as string);
        return;
      case 'freeze':
        this.freezes.apply(record);
        return;
    }
  }

  /** Journals of before releases had a record of their own say them so. */
  #quarantine(id: string, level: Quarantine, tenant: string): void {
    const session = this.sessions.findAny(id, tenant);
    if (session === undefined) return;
    if (isStricter(session.quarantine, level)) this.sessions.release(id, level);
    else this.sessions.quarantine(id, level);
  }

  /** To be written before anything changes: what it holds is the state's own, since a copy of all grants and sessions would hold up whoever asks meanwhile. */
  save(): Json {
    return {
      frozen: this.freezes.save(),
      sessions: [...this.sessions.all()],
      quarantined: this.sessions.quarantined,
      sights: this.sights.save(),
      pending: [...this.pending.all()],
      idempotency: [...this.idempotency.entries()],
      unknown: [...this.unknown],
      rates: this.rates.save(),
      folds: Object.fromEntries(this.#folds.map((fold) => [fold.name, fold.save()])),
    } as unknown as Json;
  }

  load(json: Json): void {
    const saved = json as unknown as Saved;
    this.freezes.load(saved.frozen);
    this.sessions.clear();
    for (const session of saved.sessions) {
      this.sessions.restore({
        ...session,
        origin: originOf(session.origin),
        invalidated: session.invalidated,
        used: session.used ?? session.opened,
        onBehalfOf: session.onBehalfOf,
        label: session.label,
        preset: session.preset,
        standing: session.standing,
        parent: session.parent,
        held: session.held ?? session.quarantine,
        inherited: session.inherited ?? 'none',
        forebears: session.forebears ?? [],
      });
    }
    this.sessions.requarantine(saved.quarantined ?? []);
    this.sights.load(saved.sights ?? []);
    this.pending.clear();
    for (const action of saved.pending) this.pending.add({ ...action });
    this.idempotency.clear();
    for (const [key, remembered] of saved.idempotency) {
      this.idempotency.begin(key, remembered.id, remembered.digest, remembered.at);
      this.idempotency.settle(remembered.id, remembered.status, remembered.kept);
    }
    this.unknown.clear();
    for (const [id, tenant] of saved.unknown) this.unknown.set(id, tenant);
    this.rates.load(saved.rates);
    for (const fold of this.#folds) {
      const own = saved.folds?.[fold.name];
      if (own !== undefined) fold.load(own);
    }
  }
}

interface Saved {
  readonly frozen: Json;
  readonly sessions: readonly SessionState[];
  readonly sights?: Json;
  readonly quarantined?: readonly [string, Quarantine][];
  readonly pending: readonly PendingAction[];
  readonly idempotency: readonly [string, Remembered][];
  readonly unknown: readonly [string, string][];
  readonly rates: Json;
  readonly folds?: Readonly<Record<string, Json>>;
}
