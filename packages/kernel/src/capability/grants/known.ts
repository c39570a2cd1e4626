/** A token that holds. Many are asked for some of this only: what asking needs is made when it is asked. */
import { type CaveatTest, compileCaveats, proofKeysOf } from '../token/covers.ts';
import type { VerifiedToken } from '../token/types.ts';
import type { BlockCount } from './grant.ts';

export interface KnownToken {
  readonly verified: VerifiedToken;
  /** One a block. */
  readonly tests: readonly CaveatTest[];
  /** Blocks after the first that have a number of uses of their own. */
  readonly counted: readonly BlockCount[];
  readonly proofKeys: ReturnType<typeof proofKeysOf>;
}

const NO_COUNTS: readonly BlockCount[] = Object.freeze([]);

export class Known implements KnownToken {
  readonly verified: VerifiedToken;
  #tests: readonly CaveatTest[] | undefined = undefined;
  #proofKeys: KnownToken['proofKeys'] | undefined = undefined;
  #counted: readonly BlockCount[] | undefined = undefined;

  constructor(verified: VerifiedToken) {
    this.verified = verified;
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
