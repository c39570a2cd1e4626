/**
 * Held actions and longer approvals: state folded from the journal. A held action is used at most once; what is over stays for as long as an
 * approval may last, so that whoever asks again is told, and is then forgotten.
 */
import type { JournalRecord, Json } from '@portcullis/wire';
import type { Fold } from '../state/fold.ts';
import { isSettled } from './approvers.ts';
import { type Ask, givenBy, type Held, heldBy, type RecordedAnswer, statusOf } from './held.ts';
import { LONGEST, standingOf } from './standing-approval.ts';
import { type SavedStanding, StandingApprovals } from './standing-approvals.ts';

export interface ApprovalLimits {
  /** Milliseconds that an action is held, and an approval waits to be resumed. */
  readonly ttl: number;
  readonly perPrincipal: number;
  readonly perTenant: number;
}

export const APPROVAL_LIMITS: ApprovalLimits = Object.freeze({
  ttl: 3_600_000,
  perPrincipal: 20,
  perTenant: 1_000,
});

const keyOf = (...parts: readonly string[]): string => JSON.stringify(parts);

/** What differs in the rules that ask is another: none of them stands in the place of one that waits. */
const openKey = ({
  tenant,
  session,
  params,
  asks,
}: Pick<Held, 'tenant' | 'session' | 'params' | 'asks'>): string =>
  keyOf(tenant, session, params, ...asks.map(({ digest }) => digest).sort());

export class Approvals implements Fold {
  readonly name = 'approvals';
  readonly limits: ApprovalLimits;
  readonly #held = new Map<string, Held>();
  /** Ids of open ones, by session, action and the rules that ask: equal ones share one. */
  readonly #open = new Map<string, string>();
  readonly standing = new StandingApprovals();
  /** What is over and can still be looked at, by principal, the oldest first. */
  readonly #over = new Map<string, Set<Held>>();
  /** Those whose value nobody looks at any more. */
  readonly #gone = new WeakSet<Held>();
  /** Told whose value nobody looks at any more. */
  #dropped: (held: Held) => void = () => {};
  /** Answers of a batch that is not whole yet. */
  readonly #batches = new Map<string, { id: string; given: RecordedAnswer }[]>();

  constructor(limits: ApprovalLimits = APPROVAL_LIMITS) {
    this.limits = limits;
  }

  get size(): number {
    return this.#open.size;
  }

  /** After the fold: what goes from now on goes from the vault too. */
  onDropped(tell: (held: Held) => void): void {
    const shared = this.#shared();
    this.#dropped = (held) => {
      if (!shared.has(held.value)) tell(held);
    };
  }

  /** Values that were kept before each was its own: equal actions have one, which goes when its time is over. */
  #shared(): ReadonlySet<string> {
    const seen = new Set<string>();
    const shared = new Set<string>();
    for (const { value } of this.#held.values()) (seen.has(value) ? shared : seen).add(value);
    return shared;
  }

  get(id: string, tenant: string): Held | undefined {
    const held = this.#held.get(id);
    return held?.tenant === tenant ? held : undefined;
  }

  /** Of the tenant, oldest first. */
  *all(tenant: string): Generator<Held> {
    for (const held of this.#held.values()) if (held.tenant === tenant) yield held;
  }

  /** The action that waits already, for the same rules. */
  waiting(
    tenant: string,
    session: string,
    params: string,
    asks: readonly Ask[],
    now: number,
  ): Held | undefined {
    const id = this.#open.get(openKey({ tenant, session, params, asks })) ?? '';
    const held = this.get(id, tenant);
    return held !== undefined && statusOf(held, now) === 'open' ? held : undefined;
  }

  /** Whether one more of this principal finds no room. */
  full(tenant: string, principal: string, now: number): boolean {
    const { perPrincipal, perTenant } = this.limits;
    if (this.#open.size < Math.min(perPrincipal, perTenant)) return false;
    let ofTenant = 0;
    let own = 0;
    for (const id of this.#open.values()) {
      const held = this.#held.get(id);
      if (held?.tenant !== tenant || statusOf(held, now) !== 'open') continue;
      ofTenant += 1;
      if (held.principal === principal) own += 1;
    }
    return ofTenant >= perTenant || own >= perPrincipal;
  }

  hold(held: Held): void {
    this.#held.set(held.id, held);
    this.#open.set(openKey(held), held.id);
  }

  /** Takes an answer up. A denial ends it; the last approval of its quorum starts the time to resume it. */
  answer(id: string, given: RecordedAnswer): void {
    const held = this.#held.get(id);
    if (held === undefined) return;
    held.answers = [...held.answers, given];
    if (given.decision === 'deny') {
      held.status = 'denied';
      this.#close(held);
      this.standing.end(held);
    } else if (held.status === 'open' && isSettled(held, held.answers)) {
      held.status = 'approved';
      held.expires = given.at + this.limits.ttl;
      this.#settle(held);
      const terms = standingOf(held, held.answers, given.at);
      if (terms !== undefined) this.standing.add(terms);
    }
  }

  withdraw(id: string): void {
    const held = this.#held.get(id);
    if (held === undefined) return;
    held.status = 'withdrawn';
    this.#close(held);
    this.standing.end(held);
  }

  use(id: string, by: string): void {
    const held = this.#held.get(id);
    if (held === undefined) return;
    held.status = 'used';
    held.resumedBy = by;
    this.#close(held);
  }

  /** Takes back an answer that could not be written. */
  unanswer(id: string, given: RecordedAnswer, before: Pick<Held, 'status' | 'expires'>): void {
    const held = this.#held.get(id);
    if (held === undefined) return;
    held.answers = held.answers.filter((one) => one !== given);
    held.status = before.status;
    held.expires = before.expires;
    this.standing.end(held);
    if (held.status === 'open') this.hold(held);
  }

  /** Forgets what has been over for as long as an approval may last; answers those that ran out of time since `before`. */
  sweep(before: number, now: number): readonly Held[] {
    const expired: Held[] = [];
    for (const held of this.#held.values()) {
      if (statusOf(held, now) === 'expired') {
        if (statusOf(held, before) !== 'expired') expired.push(held);
        this.#close(held);
      }
      const over = held.status === 'open' ? LONGEST : this.limits.ttl;
      if (now > held.expires + over && !this.standing.lastsOf(held, now)) this.#forget(held);
    }
    this.standing.sweep(now);
    return expired;
  }

  /** It waits for people no more. */
  #settle(held: Held): void {
    const key = openKey(held);
    if (this.#open.get(key) === held.id) this.#open.delete(key);
  }

  /** It is over. Of one principal the newest can be looked at; who withdraws fills no room. */
  #close(held: Held): void {
    this.#settle(held);
    if (this.#gone.has(held)) return;
    const who = keyOf(held.tenant, held.principal);
    const over = this.#over.get(who) ?? new Set();
    this.#over.set(who, over.add(held));
    const [oldest] = over;
    if (oldest === undefined || over.size <= this.limits.perPrincipal) return;
    if (oldest.status === 'withdrawn') this.#held.delete(oldest.id);
    this.#letGo(oldest);
  }

  #forget(held: Held): void {
    this.#held.delete(held.id);
    this.#letGo(held);
  }

  #letGo(held: Held): void {
    const who = keyOf(held.tenant, held.principal);
    const over = this.#over.get(who);
    over?.delete(held);
    if (over?.size === 0) this.#over.delete(who);
    this.#gone.add(held);
    this.#dropped(held);
  }

  // ---- the fold

  apply(record: JournalRecord): void {
    if (record.kind === 'decision') this.#applyDecision(record);
    else if (record.kind === 'approval') this.#applyAnswer(record);
  }

  #applyDecision(record: JournalRecord): void {
    if (record.held !== undefined) {
      this.hold(heldBy(record));
      return;
    }
    const by = record.approval as { id: string; standing?: boolean } | undefined;
    if (by === undefined || (record.effect !== 'permit' && record.effect !== 'modify')) return;
    if (by.standing !== true) {
      this.use(by.id, record.id as string);
      return;
    }
    this.standing.use({
      id: by.id,
      tenant: record.tenant,
      principal: record.principal as string,
      onBehalfOf: record.on_behalf_of as string | undefined,
    });
  }

  #applyAnswer(record: JournalRecord): void {
    const id = record.id as string;
    if (record.event === 'withdrawn') this.withdraw(id);
    if (record.event !== 'answered') return;
    const given = givenBy(record);
    const batch = record.batch as { id: string; of: number } | undefined;
    if (batch === undefined) {
      this.answer(id, given);
      return;
    }
    const together = [...(this.#batches.get(batch.id) ?? []), { id, given }];
    this.#batches.set(batch.id, together);
    if (together.length < batch.of) return;
    this.#batches.delete(batch.id);
    for (const one of together) this.answer(one.id, one.given);
  }

  save(): Json {
    return {
      held: [...this.#held.values()].map((held) => ({ ...held, taken: false })),
      standing: this.standing.save(),
    } as unknown as Json;
  }

  load(json: Json): void {
    const saved = json as unknown as Saved;
    this.#held.clear();
    this.#open.clear();
    this.#over.clear();
    this.#batches.clear();
    for (const one of saved.held) {
      const held = { ...one, by: one.by ?? [] };
      if (held.status === 'open') this.hold(held);
      else this.#held.set(held.id, held);
      if (held.status !== 'open' && held.status !== 'approved') this.#close(held);
    }
    this.standing.load(saved.standing);
  }
}

/** A state of before does not say who delegated. */
interface Saved {
  readonly held: readonly (Omit<Held, 'by'> & Partial<Pick<Held, 'by'>>)[];
  readonly standing: readonly SavedStanding[];
}
