/**
 * The memory of an index: which tokens were seen with which marks, and which stood next to which. Open addressing over typed arrays and
 * a filter of bits: about a byte for each byte of text, and bounded.
 */
import { mix } from '../text/tokens.ts';

/** A posting: marks in the low bits, the first source that the token came from above them. */
export const SOURCE_SHIFT = 12;
export const MARKS = (1 << SOURCE_SHIFT) - 1;

const SMALLEST = 128;
/** Entries: 3 MiB. */
const MOST_TOKENS = 1 << 18;
/** Grown by a third when it is filled to five sixths: sessions are many, and most of what they hold is this. */
const FULL = 5 / 6;
const GROWTH = 4 / 3;

/** A hash as a place in a table of any size. */
const placeOf = (hash: number, slots: number): number => Math.floor((hash / 2 ** 32) * slots);

export class TokenTable {
  #keys = new Uint32Array(SMALLEST);
  #postings = new Uint32Array(SMALLEST);
  #size = 0;

  get bytes(): number {
    return this.#keys.byteLength * 2;
  }

  /** 0 where the token was never seen. */
  get(hash: number): number {
    const keys = this.#keys;
    const slots = keys.length;
    for (let at = placeOf(hash, slots); ; at = at + 1 === slots ? 0 : at + 1) {
      const key = keys[at] as number;
      if (key === hash) return this.#postings[at] as number;
      if (key === 0) return 0;
    }
  }

  /** Adds marks; the source stays the first one. False where there is no room. */
  mark(hash: number, marks: number, source: number): boolean {
    const keys = this.#keys;
    const slots = keys.length;
    for (let at = placeOf(hash, slots); ; at = at + 1 === slots ? 0 : at + 1) {
      const key = keys[at] as number;
      if (key === hash) {
        this.#postings[at] = (this.#postings[at] as number) | marks;
        return true;
      }
      if (key !== 0) continue;
      if (this.#size >= MOST_TOKENS) return false;
      if (this.#size >= slots * FULL) {
        this.#grow();
        return this.mark(hash, marks, source);
      }
      keys[at] = hash;
      this.#postings[at] = (source << SOURCE_SHIFT) | marks;
      this.#size++;
      return true;
    }
  }

  /** Sets the posting where it was lower. False where there is no room. */
  raise(hash: number, posting: number): boolean {
    const keys = this.#keys;
    const slots = keys.length;
    for (let at = placeOf(hash, slots); ; at = at + 1 === slots ? 0 : at + 1) {
      const key = keys[at] as number;
      if (key !== hash && key !== 0) continue;
      if (key === 0) {
        if (this.#size >= MOST_TOKENS) return false;
        if (this.#size >= slots * FULL) {
          this.#grow();
          return this.raise(hash, posting);
        }
        keys[at] = hash;
        this.#size++;
      }
      if ((this.#postings[at] as number) < posting) this.#postings[at] = posting;
      return true;
    }
  }

  #grow(): void {
    const keys = this.#keys;
    const postings = this.#postings;
    const slots = Math.ceil(keys.length * GROWTH);
    this.#keys = new Uint32Array(slots);
    this.#postings = new Uint32Array(slots);
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i] as number;
      if (key === 0) continue;
      let at = placeOf(key, slots);
      while (this.#keys[at] !== 0) at = at + 1 === slots ? 0 : at + 1;
      this.#keys[at] = key;
      this.#postings[at] = postings[i] as number;
    }
  }
}

const FIRST_BITS = 1 << 12;
const BITS_EACH = 24;
const PROBES = 8;
/** Bits of the largest segment: 512 KiB. */
const MOST_BITS = 1 << 22;
const MOST_SEGMENTS = 12;

interface Segment {
  readonly words: Uint32Array;
  readonly mask: number;
  room: number;
}

/** A Bloom filter that grows by segments: never a false no, a false yes about once in twenty thousand. */
export class PairFilter {
  readonly #segments: Segment[] = [];

  get bytes(): number {
    return this.#segments.reduce((sum, { words }) => sum + words.byteLength, 0);
  }

  has(key: number): boolean {
    const step = mix(key ^ 0x9e3779b9) | 1;
    for (const { words, mask } of this.#segments) {
      let hit = true;
      for (let i = 0, at = key; i < PROBES; i++, at = (at + step) >>> 0) {
        const bit = at & mask;
        if (((words[bit >>> 5] as number) & (1 << (bit & 31))) === 0) {
          hit = false;
          break;
        }
      }
      if (hit) return true;
    }
    return false;
  }

  /** False where there is no room. */
  add(key: number): boolean {
    if (this.has(key)) return true;
    let segment = this.#segments.at(-1);
    if (segment === undefined || segment.room === 0) {
      if (this.#segments.length >= MOST_SEGMENTS) return false;
      const bits = Math.min(MOST_BITS, FIRST_BITS << (2 * this.#segments.length));
      segment = {
        words: new Uint32Array(bits / 32),
        mask: bits - 1,
        room: Math.floor(bits / BITS_EACH),
      };
      this.#segments.push(segment);
    }
    const step = mix(key ^ 0x9e3779b9) | 1;
    for (let i = 0, at = key; i < PROBES; i++, at = (at + step) >>> 0) {
      const bit = at & segment.mask;
      segment.words[bit >>> 5] = (segment.words[bit >>> 5] as number) | (1 << (bit & 31));
    }
    segment.room--;
    return true;
  }
}
