/** A token that holds. Many are asked for some of this only: what asking needs is made when it is asked. */
import { type CaveatTest, compileCaveats, proofKeysOf } from '../token/covers.ts';
import type { Caveats, VerifiedToken } from '../token/types.ts';
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
    this.#tests ??= testsOf(this.verified.caveats);
    return this.#tests;
  }

  get proofKeys(): KnownToken['proofKeys'] {
    this.#proofKeys ??= keysOf(this.verified.caveats);
    return this.#proofKeys;
  }

  get counted(): readonly BlockCount[] {
    this.#counted ??= countsOf(this.verified);
    return this.#counted;
  }
}

const NO_KEYS: KnownToken['proofKeys'] = Object.freeze([]) as never;
const NO_TESTS: readonly CaveatTest[] = Object.freeze([compileCaveats({})]);

/** Nearly every token is one block that says nothing. */
function saysNothing(blocks: readonly Caveats[]): boolean {
  if (blocks.length !== 1) return false;
  for (const _ in blocks[0]) return false;
  return true;
}

const testsOf = (blocks: readonly Caveats[]): readonly CaveatTest[] =>
  saysNothing(blocks) ? NO_TESTS : blocks.map(compileCaveats);

const keysOf = (blocks: readonly Caveats[]): KnownToken['proofKeys'] =>
  saysNothing(blocks) ? NO_KEYS : proofKeysOf(blocks);

function countsOf(verified: VerifiedToken): readonly BlockCount[] {
  // Of one block nobody has to know the id.
  if (verified.caveats.length === 1) return NO_COUNTS;
  const { blocks, caveats } = verified;
  return caveats.flatMap(({ uses: max }, at) =>
    at === 0 || max === undefined ? [] : [{ block: blocks[at] as string, max }],
  );
}
