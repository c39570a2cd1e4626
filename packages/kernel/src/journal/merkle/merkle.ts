/**
 * The Merkle tree of RFC 6962 (RFC 9162 section 2.1) kept as a compact range: the roots of the perfect subtrees
 * that the leaves so far make up, at most one a level. Memory does not grow with the number of records.
 */
import { hash } from 'node:crypto';

const LEVELS = 53;
const LEFT = 1;
const RIGHT = 33;
const PAIR = 65;

const pair = Buffer.alloc(PAIR);
pair[0] = 1;

/** SHA-256(0x01 || left || right) over 32-byte nodes. */
export function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  pair.set(left, LEFT);
  pair.set(right, RIGHT);
  return Buffer.from(hash('sha256', pair, 'binary'), 'latin1');
}

export const EMPTY_ROOT: Buffer = hash('sha256', '', 'buffer');

export class Frontier {
  /** A level holds 0x01 and its left node, and room for the right one: what is hashed when that comes. It counts where its bit in `size` is set. */
  readonly #pairs: (Buffer | undefined)[] = new Array(LEVELS).fill(undefined);
  #size: number;

  constructor(size = 0, range: readonly string[] = []) {
    this.#size = size;
    const levels = levelsOf(size);
    if (levels.length !== range.length) throw new Error('a compact range does not fit its size');
    levels.forEach((level, i) => {
      const text = range[i] as string;
      if (!/^[0-9a-f]{64}$/.test(text)) throw new Error('a node of a compact range is malformed');
      this.#pair(level).write(text, LEFT, 'hex');
    });
  }

  get size(): number {
    return this.#size;
  }

  /** A leaf as 32 latin1 characters, as hashes come. */
  push(leaf: string): void {
    let level = 0;
    let count = this.#size;
    let node = leaf;
    while (count % 2 === 1) {
      const pair = this.#pairs[level] as Buffer;
      pair.write(node, RIGHT, 'latin1');
      node = hash('sha256', pair, 'binary');
      count = (count - 1) / 2;
      level++;
    }
    this.#pair(level).write(node, LEFT, 'latin1');
    this.#size++;
  }

  root(): Buffer {
    const levels = levelsOf(this.#size).reverse();
    if (levels.length === 0) return EMPTY_ROOT;
    let node: Buffer | undefined;
    for (const level of levels) {
      const left = this.#node(level);
      node = node === undefined ? left : nodeHash(left, node);
    }
    return node as Buffer;
  }

  /** Lower-case hex, the largest subtree first: what a summary holds. */
  range(): string[] {
    return levelsOf(this.#size).map((level) => this.#node(level).toString('hex'));
  }

  #pair(level: number): Buffer {
    let pair = this.#pairs[level];
    if (pair === undefined) {
      pair = Buffer.alloc(PAIR);
      pair[0] = 1;
      this.#pairs[level] = pair;
    }
    return pair;
  }

  #node(level: number): Buffer {
    return Buffer.from(this.#pair(level).subarray(LEFT, RIGHT));
  }
}

/** The levels of the perfect subtrees of a tree of this size, largest first. */
export function levelsOf(size: number): number[] {
  const levels: number[] = [];
  for (let level = 0, rest = size; rest > 0; level++, rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) levels.push(level);
  }
  return levels.reverse();
}
