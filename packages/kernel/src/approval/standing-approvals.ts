/** The longer approvals that are in force, by whom they let act: made by answers, used up by decisions, ended by a denial or their time. */
import type { Json } from '@portcullis/wire';
import type { Held } from './held.ts';
import { StandingApproval, type StandingTerms } from './standing-approval.ts';

/** The held action that one came from. */
type Origin = Pick<Held, 'id' | 'tenant' | 'principal' | 'onBehalfOf'>;

type LaterTerms = 'by' | 'credential' | 'asks' | 'answers';

/** A state of before does not say who gave it. */
export interface SavedStanding {
  readonly terms: Omit<StandingTerms, LaterTerms> & Partial<Pick<StandingTerms, LaterTerms>>;
  readonly used: number;
}

const keyOf = (tenant: string, principal: string, onBehalfOf: string | undefined): string =>
  JSON.stringify([tenant, principal, onBehalfOf ?? '']);

export class StandingApprovals {
  readonly #all = new Map<string, readonly StandingApproval[]>();

  of(
    tenant: string,
    principal: string,
    onBehalfOf: string | undefined,
  ): readonly StandingApproval[] {
    return this.#all.get(keyOf(tenant, principal, onBehalfOf)) ?? NONE;
  }

  /** As long as one that came of it lets anything through, who gave it can find it and take it back. */
  lastsOf({ id, tenant, principal, onBehalfOf }: Origin, now: number): boolean {
    return this.of(tenant, principal, onBehalfOf).some(
      ({ terms, used }) => terms.id === id && now <= terms.until && used < terms.uses,
    );
  }

  add(terms: StandingTerms, used = 0): void {
    const { tenant, principal, onBehalfOf } = terms;
    this.#all.set(keyOf(tenant, principal, onBehalfOf), [
      ...this.of(tenant, principal, onBehalfOf),
      new StandingApproval(terms, used),
    ]);
  }

  use({ id, tenant, principal, onBehalfOf }: Origin): void {
    const used = this.of(tenant, principal, onBehalfOf).find(({ terms }) => terms.id === id);
    if (used !== undefined) used.used += 1;
  }

  end({ id, tenant, principal, onBehalfOf }: Origin): void {
    const all = this.of(tenant, principal, onBehalfOf);
    this.#keep(
      keyOf(tenant, principal, onBehalfOf),
      all,
      all.filter(({ terms }) => terms.id !== id),
    );
  }

  /** Forgets those whose time is over. */
  sweep(now: number): void {
    for (const [key, all] of this.#all)
      this.#keep(
        key,
        all,
        all.filter(({ terms }) => now <= terms.until),
      );
  }

  #keep(key: string, all: readonly StandingApproval[], left: readonly StandingApproval[]): void {
    if (left.length === 0) this.#all.delete(key);
    else if (left.length < all.length) this.#all.set(key, left);
  }

  save(): Json {
    return [...this.#all.values()].flat().map((one) => one.save());
  }

  load(saved: readonly SavedStanding[]): void {
    this.#all.clear();
    for (const { terms, used } of saved) if (isWhole(terms)) this.add(terms, used);
  }
}

/** Else nobody knows whether those who gave it still may: people are asked again. */
const isWhole = (terms: SavedStanding['terms']): terms is StandingTerms =>
  terms.asks !== undefined && terms.answers !== undefined;

const NONE: readonly StandingApproval[] = Object.freeze([]);
