/**
 * An approval for longer than once: the same action on the same resource, by the same principal, for the rules that asked then, so often, until it ends.
 * What approvers narrowed holds as well.
 */
import type { Caveats, Json } from '@portcullis/wire';
import type { Action } from '../action/types.ts';
import { type CaveatTest, compileCaveats } from '../capability/token/covers.ts';
import type { Ask, Held, RecordedAnswer } from './held.ts';

/** Uses, unless an approver says fewer. */
export const STANDING_USES = 10;
/** Milliseconds that one lasts at most. */
export const LONGEST = 86_400_000;

export interface StandingTerms {
  /** Of the held action that it came from. */
  readonly id: string;
  readonly tenant: string;
  readonly principal: string;
  readonly onBehalfOf: string | undefined;
  /** Of the held action, as its answers are judged by. */
  readonly credential: string;
  readonly by: readonly string[];
  /** Only there, where set. */
  readonly session: string | undefined;
  readonly action: string;
  /** Salted commitment to the canonical resource. */
  readonly resource: string;
  readonly asks: readonly Ask[];
  readonly answers: readonly RecordedAnswer[];
  readonly until: number;
  readonly uses: number;
  readonly narrow: readonly Caveats[];
}

export class StandingApproval {
  readonly terms: StandingTerms;
  readonly #tests: readonly CaveatTest[];
  used: number;

  constructor(terms: StandingTerms, used = 0) {
    this.terms = terms;
    this.used = used;
    this.#tests = terms.narrow.map(compileCaveats);
  }

  covers(action: Action, resource: string, session: string, asks: readonly Ask[], now: number) {
    const { terms } = this;
    if (now > terms.until || this.used >= terms.uses || terms.action !== action.name) return false;
    if (terms.session !== undefined && terms.session !== session) return false;
    if (terms.resource !== resource) return false;
    const asked = new Set(terms.asks.map(({ digest }) => digest));
    if (!asks.every(({ digest }) => asked.has(digest))) return false;
    return this.#tests.every((test) => test({ action, session, now }) === undefined);
  }

  save(): Json {
    return { terms: this.terms, used: this.used } as unknown as Json;
  }
}

/** What those who approved grant beyond this once; undefined where any of them says once. */
export function standingOf(
  held: Held,
  answers: readonly RecordedAnswer[],
  now: number,
): StandingTerms | undefined {
  if (answers.some((given) => given.for === 'once')) return undefined;
  const until = answers.map((given) =>
    typeof given.for === 'object' ? given.for.until : now + LONGEST,
  );
  const narrow = answers.flatMap((given) => given.narrow ?? []);
  const uses = narrow.map((caveats) => caveats.uses ?? STANDING_USES);
  return {
    id: held.id,
    tenant: held.tenant,
    principal: held.principal,
    onBehalfOf: held.onBehalfOf,
    credential: held.credential,
    by: held.by,
    session: answers.some((given) => given.for === 'session') ? held.session : undefined,
    action: held.action,
    resource: held.resource,
    asks: held.asks,
    answers,
    until: Math.min(now + LONGEST, ...until),
    uses: Math.min(STANDING_USES, ...uses),
    narrow,
  };
}
