/**
 * The live grants: what is granted, how often it was used, what was revoked. A part of the state: rebuilt from the journal, held whole in the
 * summaries that outlive it, and bounded, for what has expired is swept and nothing is granted for longer than a kernel allows.
 */
import type { JournalRecord, Json, JsonObject } from '@portcullis/wire';
import { timeOf } from '../../record/time.ts';
import type { Fold } from '../../state/fold.ts';
import { HeldCounts } from '../../state/held-counts.ts';
import { REMEMBER_FOR } from '../../state/idempotency.ts';
import type { VerifiedToken } from '../token/types.ts';
import { type BlockCount, type GrantTerms, LiveGrant, secondOf, termsOf } from './grant.ts';
import { loadGrants, type SavedGrants, saveGrants } from './saved.ts';

/** What a use is counted on: the grant and all that it was delegated from, and the blocks of the token that have a number of their own. */
export interface Count {
  readonly grant: string;
  readonly counted: readonly BlockCount[];
}

interface CountedUse {
  readonly grant: string;
  readonly counted: readonly { readonly block: string }[];
}

/** One of them; of this tenant alone. */
export interface RevocationTarget {
  readonly grant?: string;
  readonly principal?: string;
  readonly capability?: string;
  readonly block?: string;
}

/** Who delegates fills its own room, and not that of whom it names. */
const askedBy = ({ by, principal }: GrantTerms): string => by[0]?.principal.id ?? principal;

const SWEPT_AT_ONCE = 2;

export class Grants implements Fold {
  readonly name = 'grants';
  readonly #grants = new Map<string, LiveGrant>();
  /** Block id to when every token that holds it has expired. */
  readonly #blocks = new Map<string, number>();
  readonly #held = new HeldCounts();
  #size = 0;
  readonly #stopped: (terms: GrantTerms) => boolean;
  #proven = 0;
  #sweep: Iterator<LiveGrant> | undefined = undefined;

  /** `stopped`: whether somebody who delegated it is. */
  constructor(stopped: (terms: GrantTerms) => boolean = () => false) {
    this.#stopped = stopped;
  }

  /** The latest time of a proof of possession that was used; 0 where none was. */
  get proven(): number {
    return this.#proven;
  }

  prove(at: number): void {
    this.#proven = Math.max(this.#proven, at);
  }

  /** Grants that are held, each as many as it counts for. */
  get size(): number {
    return this.#size;
  }

  issue(terms: GrantTerms): LiveGrant {
    const grant = new LiveGrant(terms);
    this.#hold(grant);
    this.#sweepSome(terms.issued);
    return grant;
  }

  /** Live grants that a principal asked for, those that it delegated among them; what has expired meanwhile may still be, too. */
  heldBy(tenant: string, principal: string): number {
    return this.#held.of(tenant, principal);
  }

  /** The same, of all principals of a tenant. */
  heldByTenant(tenant: string): number {
    return this.#held.ofTenant(tenant);
  }

  /** Forgets all that it may. For who finds no room. */
  sweep(now: number): void {
    for (const grant of this.#grants.values()) this.#forgetDone(grant, now);
  }

  /** What has expired goes; what is over only when no answer that was got with it is told again, so that none shows that once more. */
  #forgetDone(grant: LiveGrant, now: number): void {
    const { id, expires } = grant.terms;
    if (now > expires && (now > expires + REMEMBER_FOR || !this.#isOver(grant))) this.#forget(id);
  }

  #hold(grant: LiveGrant): void {
    this.#grants.set(grant.terms.id, grant);
    this.#held.add(grant.terms.tenant, askedBy(grant.terms), grant.size);
    this.#size += grant.size;
  }

  #forget(id: string): void {
    const grant = this.#grants.get(id);
    if (grant === undefined) return;
    this.#grants.delete(id);
    this.#held.add(grant.terms.tenant, askedBy(grant.terms), -grant.size);
    this.#size -= grant.size;
  }

  /** As if it had never been issued: its record could not be written. */
  withdraw(id: string): void {
    this.#forget(id);
  }

  get(id: string): LiveGrant | undefined {
    return this.#grants.get(id);
  }

  /** Whether it, or one that it was delegated from, or a block of the token is revoked; so is one whose parent nobody knows any more. */
  isRevoked(grant: LiveGrant, shown: Pick<VerifiedToken, 'blocks'>): boolean {
    if (grant.revoked || this.#anyRevoked(shown)) return true;
    for (const by of grant.terms.by) {
      if (this.#grants.get(by.grant)?.revoked !== false || this.#anyRevoked(by)) return true;
    }
    return false;
  }

  /** Whether what was got with it is over: it is known here and revoked, or a block of the token that was shown, or who delegated it is stopped. */
  isOver(id: string, shown?: Pick<VerifiedToken, 'blocks'>): boolean {
    const grant = this.#grants.get(id);
    if (grant === undefined) return false;
    return this.#isOver(grant) || (shown !== undefined && this.#anyRevoked(shown));
  }

  /** The same, for good: it, or one that it was delegated from, is revoked. */
  isFallen(id: string): boolean {
    const grant = this.#grants.get(id);
    return grant !== undefined && this.#isFallen(grant);
  }

  #isOver(grant: LiveGrant): boolean {
    return this.#isFallen(grant) || this.#stopped(grant.terms);
  }

  #isFallen({ revoked, terms }: LiveGrant): boolean {
    return (
      revoked ||
      terms.by.some((by) => this.#grants.get(by.grant)?.revoked === true || this.#anyRevoked(by))
    );
  }

  #anyRevoked(shown: Pick<VerifiedToken, 'blocks'>): boolean {
    return this.#blocks.size > 0 && shown.blocks.some((block) => this.#blocks.has(block));
  }

  /** Whether one more use is there, taking none. */
  hasUse({ grant: id, counted }: Count): boolean {
    const grant = this.#grants.get(id);
    if (grant === undefined || !hasRoom(grant, counted)) return false;
    return grant.terms.by.every((by) => {
      const parent = this.#grants.get(by.grant);
      return parent !== undefined && hasRoom(parent, by.counted);
    });
  }

  /** Takes one use of everything that it counts on, or none: nothing in here waits, so callers at once cannot take the last one twice. */
  take(count: Count): boolean {
    if (!this.hasUse(count)) return false;
    this.#count(count, 1);
    return true;
  }

  giveBack(count: Count): void {
    this.#count(count, -1);
  }

  #count({ grant: id, counted }: CountedUse, by: 1 | -1): void {
    const grant = this.#grants.get(id);
    if (grant === undefined) return;
    add(grant, counted, by);
    for (const { grant: above, counted: blocks } of grant.terms.by) {
      const parent = this.#grants.get(above);
      if (parent !== undefined) add(parent, blocks, by);
    }
  }

  /** How many live grants fell. `until` is when the last token that could hold the block has expired. */
  revoke(target: RevocationTarget, tenant: string, until: number): number {
    if (target.block !== undefined) {
      this.#blocks.set(target.block, until);
      return 0;
    }
    let fell = 0;
    const single = target.grant === undefined ? undefined : this.#grants.get(target.grant);
    for (const grant of target.grant === undefined ? this.#grants.values() : [single]) {
      if (grant === undefined || grant.revoked || grant.terms.tenant !== tenant) continue;
      const { principal, capability } = grant.terms;
      if (target.principal !== undefined && principal !== target.principal) continue;
      if (target.capability !== undefined && capability !== target.capability) continue;
      grant.revoked = true;
      fell += 1;
    }
    return fell;
  }

  /** When the last that is known ends; 0 where none is. */
  lastEnd(): number {
    let last = 0;
    for (const { terms } of this.#grants.values()) last = Math.max(last, terms.expires);
    return last;
  }

  /** Those that have not expired, oldest first. */
  *live(tenant: string, now: number): Generator<LiveGrant> {
    for (const grant of this.#grants.values()) {
      if (grant.terms.tenant === tenant && now <= grant.terms.expires) yield grant;
    }
  }

  /** Looks at more grants than are made: what has expired goes, whatever the order they were made in. */
  #sweepSome(now: number): void {
    const second = secondOf(now);
    for (let i = 0; i < SWEPT_AT_ONCE; i++) {
      this.#sweep ??= this.#grants.values();
      const next = this.#sweep.next();
      if (next.done === true) {
        this.#sweep = undefined;
        break;
      }
      if (next.value.lastSecond <= second) this.#forgetDone(next.value, now);
    }
    for (const [block, until] of this.#blocks) {
      if (now > until + REMEMBER_FOR) this.#blocks.delete(block);
      break;
    }
  }

  // ---- the fold

  apply(record: JournalRecord): void {
    if (record.kind === 'decision') this.#applyDecision(record);
    else if (record.kind === 'state' && record.event === 'grant.revoked') {
      const { target, until } = record as unknown as { target: RevocationTarget; until: number };
      this.revoke(target, record.tenant, until);
    } else if (record.kind === 'state' && record.event === 'capability.deleted')
      this.revoke({ capability: record.id as string }, record.tenant, 0);
  }

  #applyDecision(record: JournalRecord): void {
    if (typeof record.proven === 'number') this.prove(record.proven);
    if (record.effect !== 'permit' && record.effect !== 'modify') return;
    if (record.issued !== undefined) {
      this.issue(
        termsOf(record.issued as JsonObject, {
          tenant: record.tenant,
          issued: timeOf(record),
          justification: record.justification as string | undefined,
        }),
      );
      return;
    }
    const used = record.grant as { id: string; counted?: string[] } | undefined;
    if (used === undefined || record.execution === 'none') return;
    const counted = (used.counted ?? []).map((block) => ({ block }));
    this.#count({ grant: used.id, counted }, 1);
  }

  /** A use that was taken and whose record is still to come is among them: after a crash it stays spent, which is the safe side. */
  save(): Json {
    return {
      ...saveGrants(this.#grants.values()),
      blocks: [...this.#blocks],
      ...(this.#proven === 0 ? {} : { proven: this.#proven }),
    } satisfies Saved as unknown as Json;
  }

  load(json: Json): void {
    const saved = json as unknown as Saved;
    this.#grants.clear();
    this.#held.clear();
    this.#size = 0;
    this.#blocks.clear();
    this.#sweep = undefined;
    for (const grant of loadGrants(saved)) this.#hold(grant);
    for (const [block, until] of saved.blocks) this.#blocks.set(block, until);
    this.#proven = saved.proven ?? 0;
  }
}

const hasRoom = ({ used, terms, blocks }: LiveGrant, counted: readonly BlockCount[]): boolean =>
  used < terms.uses && counted.every(({ block, max }) => (blocks?.get(block) ?? 0) < max);

function add(grant: LiveGrant, counted: readonly { readonly block: string }[], by: 1 | -1): void {
  grant.used += by;
  if (counted.length === 0) return;
  grant.blocks ??= new Map();
  for (const { block } of counted) {
    const used = (grant.blocks.get(block) ?? 0) + by;
    // Anybody makes as many blocks as they like: those that nothing was used of take no room.
    if (used === 0) grant.blocks.delete(block);
    else grant.blocks.set(block, used);
  }
}

type Saved = SavedGrants & {
  readonly blocks: readonly [string, number][];
  readonly proven?: number;
};
