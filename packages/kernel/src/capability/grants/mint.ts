/**
 * Makes tokens and reads them. What was made or verified once is known for as long as there is room: verifying a chain costs two signatures and
 * more, and the same text always verifies in the same way. Whether it is still good (time, revocation, uses, whom it is for) is asked at each use
 * and never remembered.
 */

import { Generations } from '../generations.ts';
import type { CaveatsRead } from '../token/caveats.ts';
import { type CaveatTest, compileCaveats, proofKeysOf } from '../token/covers.ts';
import { takeEphemeralKey } from '../token/ephemeral.ts';
import type { KeyRing } from '../token/keys.ts';
import { issueToken, tokenDigest, verifyToken } from '../token/token.ts';
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
  /** Verified here, by digest: who could read this memory would hold no token. */
  readonly #known = new Generations<string, KnownToken>(MOST_KNOWN);
  /** Made here, by their ends: most are shown soon or never, and a digest costs more than keeping them. */
  readonly #fresh = new Generations<string, Known>(MOST_KNOWN);

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
    this.#fresh.set(tailOf(made.token), new Known(made.verified, made.token));
    return made.token;
  }

  read(token: string): KnownToken | TokenFault {
    const fresh = this.#fresh.get(tailOf(token));
    // Whoever shows the end knows the secret: how long comparing the rest takes tells nothing more.
    if (fresh?.token === token) return fresh;
    const digest = tokenDigest(token);
    const known = this.#known.get(digest);
    if (known !== undefined) return known;
    const verified = verifyToken(token, (name) => this.#keys.find(name));
    if ('fault' in verified) return verified;
    const made = new Known(verified);
    this.#known.set(digest, made);
    return made;
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
  /** Of one that was made here: its text. */
  readonly token: string | undefined;
  #tests: readonly CaveatTest[] | undefined = undefined;
  #proofKeys: KnownToken['proofKeys'] | undefined = undefined;
  #counted: readonly BlockCount[] | undefined = undefined;

  constructor(verified: VerifiedToken, token?: string) {
    this.verified = verified;
    this.token = token;
  }

  get tests(): readonly CaveatTest[] {
    this.#tests ??= this.verified.caveats.map(compileCaveats);
    return this.#tests;
  }

  get proofKeys(): KnownToken['proofKeys'] {
    this.#proofKeys ??= proofKeysOf(this.verified.caveats);
    return this.#proofKeys;
  }

  get counted(): readonly BlockCount[] {
    this.#counted ??= countsOf(this.verified);
    return this.#counted;
  }
}

function countsOf(verified: VerifiedToken): readonly BlockCount[] {
  // Of one block nobody has to know the id.
  if (verified.caveats.length === 1) return NO_COUNTS;
  const { blocks, caveats } = verified;
  return caveats.flatMap(({ uses: max }, at) =>
    at === 0 || max === undefined ? [] : [{ block: blocks[at] as string, max }],
  );
}
