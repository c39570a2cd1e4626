/** What a grant token says: the claims of its first block, and the caveats that every block may add. */
import type { Caveats } from '@portcullis/wire';

export type { Caveats, ParamCaveat } from '@portcullis/wire';

/** What the issuer signed: who may ask for what, until when. */
export interface GrantClaims {
  readonly tenant: string;
  /** Id of the grant: 128 random bits. */
  readonly grant: string;
  readonly principal: string;
  /** The user behind the principal, where it was granted for one: it is used for nobody else. */
  readonly on_behalf_of?: string;
  /** Id of the capability, and the digest of its definition as it was granted. */
  readonly capability: string;
  readonly definition: string;
  readonly issuer: string;
  /** Names the key that signed the first block. */
  readonly key: string;
  /** Milliseconds since the epoch. */
  readonly issued: number;
  readonly expires: number;
  readonly uses: number;
  /** The grant that this one was delegated from. */
  readonly parent?: string;
  readonly caveats: Caveats;
}

/** A token that its signatures hold for. Whether it is still good, and for what, is another question. */
export interface VerifiedToken {
  readonly claims: GrantClaims;
  /** Of all blocks, in order: all of them have to hold. */
  readonly caveats: readonly Caveats[];
  /** One id a block, lower-case hex: what a revocation names. */
  readonly blocks: readonly string[];
  /** Nobody can add a block. */
  readonly sealed: boolean;
}

/** Why a text is no token of ours. For an auditor; the code is `token_invalid` for all of it. */
export interface TokenFault {
  readonly fault: string;
}

export type Algorithm = 'ed25519' | 'hmac';
