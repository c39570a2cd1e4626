/**
 * What outputs said, each token with a stamp, and whether a text says it again: as a whole, in a row of three, by a token that hardly stands anywhere by
 * chance, or in pieces of one. In any spelling that provenance reads. Linear; the highest stamp wins.
 */

import { TokenTable } from '../flow/provenance/table.ts';
import { spellings } from '../flow/text/decode.ts';
import { fold } from '../flow/text/fold-text.ts';
import {
  emptyTokens,
  hashText,
  MIXED,
  mix,
  NUMBER,
  type Tokens,
  tokenise,
} from '../flow/text/tokens.ts';

/** Characters of one text that are read. */
const MOST_CHARS = 4 * 1024 * 1024;
/** Of a run of letters and digits, and of all runs of a text: pieces that are kept. */
const PIECE = 6;
const MOST_PIECES = 32_768;
const SECRETIVE = /[a-z0-9]{8,256}/g;
const SUSPECT = /[a-z0-9]{6,256}/g;
/** A piece alone is chance; this many in a row, of which one has a digit, are not. */
const ROW = 3;
const LONG_WORD = 16;
const PLAIN_WORD = 5;

const scratch = emptyTokens(1024);

function read(text: string): Tokens {
  scratch.length = 0;
  scratch.joined.length = 0;
  if (scratch.hashes.length > 1 << 16) Object.assign(scratch, emptyTokens(1024));
  return tokenise(text, scratch, MOST_CHARS);
}

const pairOf = (a: number, b: number): number => mix((Math.imul(a, 31) + b) >>> 0) || 1;

export type Typed = (hash: number) => boolean;

export class OutputIndex {
  readonly #table = new TokenTable();

  get bytes(): number {
    return this.#table.bytes;
  }

  /** False where there was no room for all of it. */
  learn(text: string, stamp: number): boolean {
    let all = text.length <= MOST_CHARS && this.#learn(text, stamp);
    if (text.length >= 8)
      for (const other of spellings(text.slice(0, MOST_CHARS)))
        all = this.#learn(other, stamp) && all;
    return all;
  }

  #learn(text: string, stamp: number): boolean {
    const { hashes, length, joined } = read(text);
    const table = this.#table;
    let all = true;
    for (let i = 0; i < length; i++) {
      const hash = hashes[i] as number;
      all = table.raise(hash, stamp) && all;
      if (i > 0) all = table.raise(pairOf(hashes[i - 1] as number, hash), stamp) && all;
    }
    for (const hash of joined) all = table.raise(hash, stamp) && all;
    let left = MOST_PIECES;
    for (const [run] of fold(text).toLowerCase().matchAll(SECRETIVE)) {
      if (!/[0-9]/.test(run)) continue;
      for (let i = 0; i + PIECE <= run.length; i++) {
        if (left-- <= 0) return all;
        all = table.raise(pieceOf(run, i), stamp) && all;
      }
    }
    return all;
  }

  /** The highest stamp of what the text says again; 0 for none. What the user typed says nothing. */
  in(text: string, typed: Typed): number {
    let best = this.#in(text, typed);
    if (text.length >= 8)
      for (const other of spellings(text.slice(0, MOST_CHARS)))
        best = Math.max(best, this.#in(other, typed));
    return Math.max(best, this.#pieces(text, typed));
  }

  #in(text: string, typed: Typed): number {
    const { hashes, sizes, kinds, length, joined } = read(text);
    const table = this.#table;
    let best = 0;
    let least = Number.POSITIVE_INFINITY;
    let row = 0;
    let own = true;
    let plain = false;
    for (let i = 0; i < length; i++) {
      const hash = hashes[i] as number;
      const stamp = table.get(hash);
      const size = sizes[i] as number;
      const mine = typed(hash);
      if (!mine) own = false;
      const follows = i > 0 && table.get(pairOf(hashes[i - 1] as number, hash)) !== 0;
      row = stamp === 0 ? 0 : follows ? row + 1 : 1;
      if (stamp === 0 || (i > 0 && !follows)) least = 0;
      else least = Math.min(least, stamp);
      if (mine || stamp === 0) continue;
      if (size >= PLAIN_WORD || kinds[i] !== 0) plain = true;
      if (isTelling(kinds[i] as number, size) || (row >= 3 && plain)) best = Math.max(best, stamp);
    }
    for (const hash of joined) if (!typed(hash)) best = Math.max(best, table.get(hash));
    // The whole of it, be it one plain word.
    return own || !plain || !Number.isFinite(least) ? best : Math.max(best, least);
  }

  /** Runs cut out of longer ones. */
  #pieces(text: string, typed: Typed): number {
    let left = MOST_PIECES;
    let best = 0;
    for (const [run] of fold(text.slice(0, MOST_CHARS)).toLowerCase().matchAll(SUSPECT)) {
      if (!/[0-9]/.test(run)) continue;
      const whole = read(run);
      if (whole.length === 1 && typed(whole.hashes[0] as number)) continue;
      let row = 0;
      let lowest = 0;
      for (let i = 0; i + PIECE <= run.length; i++) {
        if (left-- <= 0) return best;
        const stamp = this.#table.get(pieceOf(run, i));
        row = stamp === 0 ? 0 : row + 1;
        lowest = row === 1 ? stamp : Math.min(lowest, stamp);
        if (row >= Math.min(ROW, run.length - PIECE + 1)) best = Math.max(best, lowest);
      }
    }
    return best;
  }
}

const pieceOf = (run: string, at: number): number => hashText(`piece ${run.slice(at, at + PIECE)}`);

/** Hardly there by chance: letters with digits, long numbers, very long words. */
const isTelling = (kind: number, size: number): boolean =>
  kind === MIXED ? size >= 4 : kind === NUMBER ? size >= 5 : size >= LONG_WORD;

/** Every token of it stands in what the user typed; what has none says nothing. */
export function isTyped(text: string, typed: Typed): boolean {
  const { hashes, length } = read(text);
  for (let i = 0; i < length; i++) if (!typed(hashes[i] as number)) return false;
  return true;
}
