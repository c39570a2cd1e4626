/**
 * Makes tokens and reads them. What was made or verified once is known by its digest for as long as there is room: verifying a chain costs two
 * signatures and more, and the same text always verifies in the same way.
 */

import type { CaveatsRead } from '../token/caveats.ts';
import { type CaveatTest, compileCaveats, proofKeysOf } from '../token/covers.ts';
import { takeEphemeralKey } from '../token/ephemeral.ts';
import type { KeyRing } from '../token/keys.ts';
import { type Issued, issueToken, tokenDigest, verifyToken } from '../token/token.ts';
import type { GrantClaims, TokenFault, VerifiedToken } from '../token/types.ts';
import type { BlockCount, GrantTerms } from './grant.ts';

/** A token that holds, made ready to be asked. */
export interface KnownToken {
  readonly verified: VerifiedToken;
  /** One a block. */
  readonly tests: readonly CaveatTest[];
  /** Blocks after the first that have a number of uses of their own. */
  readonly counted: readonly BlockCount[];
  readonly proofKeys: ReturnType<typeof proofKeysOf>;
}

const MOST_KNOWN = 8_192;
/** The end of a token is its secret, or the seal. */
const tailOf = (token: string): string => token.slice(-43);
const NO_COUNTS: readonly BlockCount[] = Object.freeze([]);

export class Mint {
  readonly #keys: KeyRing;
  readonly #issuer: string;
  /** Two generations: the older goes when the younger is full. */
  #known = new Map<string, KnownToken>();
  #older = new Map<string, KnownToken>();

  /** Made here and not shown yet, by its last characters: most never are, and a digest costs more than keeping them. */
  readonly #fresh = new Map<string, Issued>();

  constructor(keys: KeyRing, issuer: string) {
    this.#keys = keys;
    this.#issuer = issuer;
  }

  /** undefined where it would be longer than a token may be. */
  issue(
    terms: GrantTerms,
    caveats: CaveatsRead,
    inherited: readonly CaveatsRead[],
  ): string | undefined {
    const { name, key } = this.#keys.current;
    const claims = claimsOf(terms, this.#issuer, name);
    const made = issueToken(claims, caveats, key, takeEphemeralKey, inherited);
    if (made === undefined) return undefined;
    if (this.#fresh.size >= MOST_KNOWN) this.#fresh.clear();
    this.#fresh.set(tailOf(made.token), made);
    return made.token;
  }

  read(token: string): KnownToken | TokenFault {
    const digest = tokenDigest(token);
    const known = this.#known.get(digest);
    if (known !== undefined) return known;
    const older = this.#older.get(digest);
    if (older !== undefined) return this.#keep(digest, older);
    const tail = tailOf(token);
    const fresh = this.#fresh.get(tail);
    if (fresh !== undefined && tokenDigest(fresh.token) === digest) {
      this.#fresh.delete(tail);
      return this.#remember(digest, fresh.verified);
    }
    const verified = verifyToken(token, (name) => this.#keys.find(name));
    return 'fault' in verified ? verified : this.#remember(digest, verified);
  }

  #remember(digest: string, verified: VerifiedToken): KnownToken {
    return this.#keep(digest, new Known(verified));
  }

  #keep(digest: string, known: KnownToken): KnownToken {
    if (this.#known.size >= MOST_KNOWN / 2) {
      this.#older = this.#known;
      this.#known = new Map();
    }
    this.#known.set(digest, known);
    return known;
  }
}

function claimsOf(terms: GrantTerms, issuer: string, key: string): Omit<GrantClaims, 'caveats'> {
  const parent = terms.by[0]?.grant;
  return {
    tenant: terms.tenant,
    grant: terms.id,
    principal: terms.principal,
    capability: terms.capability,
    definition: terms.definition,
    issuer,
    key,
    issued: terms.issued,
    expires: terms.expires,
    uses: terms.uses,
    ...(terms.onBehalfOf === undefined ? {} : { on_behalf_of: terms.onBehalfOf }),
    ...(parent === undefined ? {} : { parent }),
  };
}

/** Most tokens are made and never shown here again: what asking needs is made when it is asked. */
class Known implements KnownToken {
  readonly verified: VerifiedToken;
  #tests: readonly CaveatTest[] | undefined = undefined;
  #proofKeys: KnownToken['proofKeys'] | undefined = undefined;
  readonly counted: readonly BlockCount[];

  constructor(verified: VerifiedToken) {
    this.verified = verified;
    this.counted = verified.caveats.length === 1 ? NO_COUNTS : countsOf(verified);
  }

  get tests(): readonly CaveatTest[] {
    this.#tests ??= this.verified.caveats.map(compileCaveats);
    return this.#tests;
  }

  get proofKeys(): KnownToken['proofKeys'] {
    this.#proofKeys ??= proofKeysOf(this.verified.caveats);
    return this.#proofKeys;
  }
}

const countsOf = ({ blocks, caveats }: VerifiedToken): readonly BlockCount[] =>
  caveats.flatMap(({ uses: max }, at) =>
    at === 0 || max === undefined ? [] : [{ block: blocks[at] as string, max }],
  );
