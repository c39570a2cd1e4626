/**
 * The Merkle tree of RFC 6962 (RFC 9162 section 2.1) kept as a compact range: the roots of the perfect subtrees
 * that the leaves so far make up, at most one a level. Memory does not grow with the number of records.
 */
import { hash } from 'node:crypto';

const LEVELS = 53;

const pair = Buffer.alloc(65);
pair[0] = 1;

/** SHA-256(0x01 || left || right) over 32-byte nodes. */
export function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  pair.set(left, 1);
  pair.set(right, 33);
  return Buffer.from(hash('sha256', pair, 'binary'), 'latin1');
}

export const EMPTY_ROOT: Buffer = hash('sha256', '', 'buffer');

export class Frontier {
  /** 32 latin1 characters a level, as they are hashed and as a hash comes; a level counts where its bit in `size` is set. */
  readonly #nodes: string[] = new Array(LEVELS).fill('');
  #size: number;

  constructor(size = 0, range: readonly string[] = []) {
    this.#size = size;
    const levels = levelsOf(size);
    if (levels.length !== range.length) throw new Error('a compact range does not fit its size');
    levels.forEach((level, i) => {
      const text = range[i] as string;
      if (!/^[0-9a-f]{64}$/.test(text)) throw new Error('a node of a compact range is malformed');
      this.#nodes[level] = Buffer.from(text, 'hex').toString('latin1');
    });
  }

  get size(): number {
    return this.#size;
  }

  /** A leaf as 32 latin1 characters. */
  push(leaf: string): void {
    const nodes = this.#nodes;
    let level = 0;
    let count = this.#size;
    let node = leaf;
    while (count % 2 === 1) {
      pair.write((nodes[level] as string) + node, 1, 'latin1');
      node = hash('sha256', pair, 'binary');
      count = (count - 1) / 2;
      level++;
    }
    nodes[level] = node;
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

  #node(level: number): Buffer {
    return Buffer.from(this.#nodes[level] as string, 'latin1');
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
