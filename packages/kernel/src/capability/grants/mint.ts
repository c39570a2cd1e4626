/**
 * Makes tokens and reads them. What was made or verified once is known for as long as there is room: verifying a chain costs two signatures and
 * more, and the same text always verifies in the same way. Whether it is still good (time, revocation, uses, whom it is for) is asked at each use
 * and never remembered.
 */

import { Generations } from '../generations.ts';
import type { CaveatsRead } from '../token/caveats.ts';
import { takeEphemeralKey } from '../token/ephemeral.ts';
import type { KeyRing } from '../token/keys.ts';
import { issueToken, SingleBlock, tokenDigest, verifyToken } from '../token/token.ts';
import type { GrantClaims, TokenFault } from '../token/types.ts';
import { Fresh, type FreshToken } from './fresh.ts';
import type { GrantTerms } from './grant.ts';
import { Known, type KnownToken } from './known.ts';

const MOST_KNOWN = 8_192;

export class Mint {
  readonly #keys: KeyRing;
  readonly #issuer: string;
  /** Verified here, by digest: who could read this memory would hold no token. */
  readonly #known = new Generations<string, KnownToken>(MOST_KNOWN);
  /** Made here: a digest of each costs more than keeping it. */
  readonly #fresh = new Fresh();

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
    const known = made.verified === undefined ? undefined : new Known(made.verified);
    this.#fresh.put(made.token, terms, caveats, name, known);
    return made.token;
  }

  read(token: string): KnownToken | TokenFault {
    const fresh = this.#fresh.find(token);
    if (fresh !== undefined) return fresh.known ?? this.#knownAs(token, fresh);
    const digest = tokenDigest(token);
    const known = this.#known.get(digest);
    if (known !== undefined) return known;
    const verified = verifyToken(token, (name) => this.#keys.find(name));
    if ('fault' in verified) return verified;
    const made = new Known(verified);
    this.#known.set(digest, made);
    return made;
  }

  /** Kept from the second time on: most are shown once. */
  #knownAs(token: string, fresh: FreshToken): KnownToken {
    const { terms, key, caveats } = fresh;
    const known = new Known(
      new SingleBlock(token, claimsOf(terms, this.#issuer, key), caveats.caveats),
    );
    if (fresh.shown) fresh.known = known;
    fresh.shown = true;
    return known;
  }
}

function claimsOf(terms: GrantTerms, issuer: string, key: string): Omit<GrantClaims, 'caveats'> {
  const parent = terms.by.length === 0 ? undefined : terms.by[0]?.grant;
  const claims = {
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
  };
  // A literal that others are spread into takes three times as long to make, and most have neither.
  return terms.onBehalfOf === undefined && parent === undefined
    ? claims
    : {
        ...claims,
        ...(terms.onBehalfOf === undefined ? {} : { on_behalf_of: terms.onBehalfOf }),
        ...(parent === undefined ? {} : { parent }),
      };
}
