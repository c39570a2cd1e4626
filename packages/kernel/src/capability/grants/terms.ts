/**
 * The terms of a grant: what was asked for, within what this kernel grants at most and, where it is delegated, within what it is cut from. What is
 * wider is refused, never made narrower in silence.
 */
import type { ArgumentHelp, Caveats, Json } from '@portcullis/wire';
import type { Answer } from '../../gate/guard.ts';
import { cleanTexts } from '../../record/event.ts';
import type { GrantedCapability } from '../port.ts';
import type { CaveatsRead } from '../token/caveats.ts';
import { type Delegator, type GrantTerms, type LiveGrant, MOST_DELEGATIONS } from './grant.ts';
import type { KnownToken } from './known.ts';
import { asRead, type ReadConstraints } from './request.ts';

export interface GrantLimits {
  /** Milliseconds: what is granted where nothing is said, and at most. */
  readonly ttl: number;
  readonly maxTtl: number;
  readonly uses: number;
  readonly maxUses: number;
  /** Live grants at once. */
  readonly perPrincipal: number;
  readonly total: number;
}

export const GRANT_LIMITS: GrantLimits = Object.freeze({
  ttl: 300_000,
  maxTtl: 3_600_000,
  uses: 10,
  maxUses: 1_000,
  perPrincipal: 20_000,
  total: 200_000,
});

/** What a grant is cut from. */
export interface Source {
  readonly token: KnownToken;
  readonly grant: LiveGrant;
  readonly delegator: Delegator;
}

export interface Asked extends ReadConstraints {
  /** Of the new grant: 128 random bits. */
  readonly id: string;
  readonly tenant: string;
  readonly principal: string;
  readonly onBehalfOf: string | undefined;
  readonly justification: string | undefined;
  readonly now: number;
}

export interface Terms {
  readonly terms: GrantTerms;
  readonly own: CaveatsRead;
  readonly inherited: readonly CaveatsRead[];
}

/** What was asked is refused; `fits` is what would not be, where that is known. */
export interface TooWide {
  readonly answer: Answer;
  readonly fits?: ArgumentHelp;
}

const tooWide = (reason: string, fits?: ArgumentHelp): TooWide => ({
  answer: { kind: 'deny', code: 'grant_too_wide', reason },
  ...(fits === undefined ? {} : { fits }),
});

/** Seconds from now, as requests say it. */
const within = (ms: number): ArgumentHelp | undefined => {
  const most = Math.floor(ms / 1_000);
  if (most < 1) return undefined;
  return { argument: '/constraints/ttl', permitted: [{ min: 1, max: most }], example: most };
};

const NO_DELEGATORS: readonly Delegator[] = Object.freeze([]);
const NO_CAVEATS: readonly CaveatsRead[] = Object.freeze([]);
const EMPTY = asRead({});
const NOTHING_SHOWN: readonly Caveats[] = Object.freeze([]);

export function termsFor(
  asked: Asked,
  capability: GrantedCapability,
  limits: GrantLimits,
  source: Source | undefined,
): Terms | TooWide {
  const { caveats, now } = asked;
  if (source?.token.verified.caveats.some(({ session }) => session !== undefined) === true)
    return {
      answer: { kind: 'deny', code: 'token_scope', reason: 'it is bound to a session' },
    };
  const lasts = source === undefined ? Number.POSITIVE_INFINITY : lastOf(source.token);
  const wanted = asked.ttl === undefined ? caveats.expires : now + Math.ceil(asked.ttl);
  const expires = wanted ?? Math.min(now + limits.ttl, lasts);
  if (expires > now + limits.maxTtl)
    return tooWide(
      `a grant lasts at most ${limits.maxTtl / 1_000} s`,
      within(Math.min(limits.maxTtl, lasts - now)),
    );
  if (expires > lasts) return tooWide('it would outlast what it is cut from', within(lasts - now));
  if (expires <= now) return tooWide('it would have expired already');
  const most = source === undefined ? limits.maxUses : source.grant.terms.uses;
  const uses = caveats.uses ?? Math.min(limits.uses, most);
  if (uses > most)
    return tooWide(`a grant has at most ${most} uses`, {
      argument: '/constraints/uses',
      permitted: [{ min: 1, max: most }],
      example: most,
    });
  const by = source === undefined ? NO_DELEGATORS : [source.delegator, ...source.grant.terms.by];
  if (by.length > MOST_DELEGATIONS)
    return tooWide(`a grant is delegated at most ${MOST_DELEGATIONS} times`);
  const behind = source === undefined ? asked.onBehalfOf : source.grant.terms.onBehalfOf;
  const own = ownOf(caveats);
  const inherited = source === undefined ? NO_CAVEATS : inheritedFrom(source.token);
  return {
    own,
    inherited,
    terms: Object.freeze({
      id: asked.id,
      tenant: asked.tenant,
      principal: asked.principal,
      ...(behind === undefined ? {} : { onBehalfOf: behind }),
      capability: capability.id,
      definition: capability.digest,
      caveats: shownOf(own, inherited),
      issued: now,
      expires,
      uses,
      ...(asked.justification === undefined ? {} : { justification: asked.justification }),
      by,
    }),
  };
}

function isEmpty(caveats: Caveats): boolean {
  for (const _ in caveats) return false;
  return true;
}

/** Without what stands in the claims. */
function ownOf(caveats: Caveats): CaveatsRead {
  if (isEmpty(caveats)) return EMPTY;
  const { uses: _, expires: __, ...narrow } = caveats;
  return isEmpty(narrow) ? EMPTY : asRead(narrow);
}

/** When the last use of a token is: the grant's end, or that of a block. */
function lastOf({ verified }: KnownToken): number {
  return verified.caveats.reduce(
    (soonest, { expires = Number.POSITIVE_INFINITY }) => Math.min(soonest, expires),
    verified.claims.expires,
  );
}

/** What goes on holding: uses are counted where they were, the end is in the new one's, and the key was that of who delegates. */
function inheritedFrom({ verified }: KnownToken): readonly CaveatsRead[] {
  return verified.caveats.flatMap((block) => {
    const { uses: _, expires: __, proof_key: ___, ...narrow } = block;
    return isEmpty(narrow) ? [] : [asRead(narrow)];
  });
}

/** For people and records: no secret stands in a journal, not in a caveat either. */
function shownOf(own: CaveatsRead, inherited: readonly CaveatsRead[]): readonly Caveats[] {
  if (own === EMPTY && inherited.length === 0) return NOTHING_SHOWN;
  return [own, ...inherited].flatMap(({ caveats }) =>
    isEmpty(caveats) ? [] : [cleanTexts(caveats as unknown as Json) as Caveats],
  );
}
