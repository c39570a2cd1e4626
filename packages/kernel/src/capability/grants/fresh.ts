/**
 * Tokens as they were made here, so that the first use of one costs no verification. Their texts lie outside the heap: most are shown soon or never, and
 * thousands that live for some seconds each are what a collector has most work with. The newest stay, as long as no other one falls on their place.
 */
import type { CaveatsRead } from '../token/caveats.ts';
import type { GrantTerms } from './grant.ts';
import type { KnownToken } from './known.ts';

const MOST = 4_096;
/** Bytes of a text: longer ones are verified when they are shown. */
const ROOM = 1_024;
const WORD = 4;
const LONGEST = ROOM - WORD;
/** So many places for the ends of tokens that one in a hundred is taken again before five hundred others were made. */
const ENDS = 16;

/** One token: of what it was made, or what it reads as. */
export class FreshToken {
  length = 0;
  terms: GrantTerms;
  caveats: CaveatsRead;
  /** The name of the key that signed it. */
  key: string;
  known: KnownToken | undefined;
  shown = false;

  constructor(terms: GrantTerms, caveats: CaveatsRead, key: string) {
    this.terms = terms;
    this.caveats = caveats;
    this.key = key;
  }
}

export class Fresh {
  readonly #places: FreshToken[] = [];
  #next = 0;
  /** By the end of its text, which is its secret or its seal: its place and one. */
  readonly #ends = new Uint16Array(2 ** ENDS);
  #texts: Buffer | undefined = undefined;
  #words = new Int32Array(0);

  put(
    token: string,
    terms: GrantTerms,
    caveats: CaveatsRead,
    key: string,
    known: KnownToken | undefined,
  ): void {
    if (token.length > LONGEST) return;
    this.#texts ??= this.#room();
    const place = this.#next;
    this.#next = (place + 1) % MOST;
    const one = this.#places[place] ?? new FreshToken(terms, caveats, key);
    this.#places[place] = one;
    one.terms = terms;
    one.caveats = caveats;
    one.key = key;
    one.known = known;
    one.shown = false;
    one.length = token.length;
    const at = place * ROOM;
    const end = at + this.#texts.write(token, at, LONGEST, 'latin1');
    endWord(this.#texts, end);
    this.#ends[endOf(token)] = place + 1;
  }

  /** Each character is compared, wherever the first other one is: how long that takes tells nothing of a secret. */
  find(token: string): FreshToken | undefined {
    const { length } = token;
    const place = (this.#ends[endOf(token)] as number) - 1;
    const one = this.#places[place];
    if (one === undefined || one.length !== length) return undefined;
    // What is no ASCII takes more bytes than it has characters.
    if (shown.write(token, 0, 'utf8') !== length) return undefined;
    endWord(shown, length);
    const from = (place * ROOM) / WORD;
    const words = Math.ceil(length / WORD);
    let other = 0;
    for (let at = 0; at < words; at++)
      other |= (this.#words[from + at] as number) ^ (shownWords[at] as number);
    return other === 0 ? one : undefined;
  }

  #room(): Buffer {
    const texts = Buffer.allocUnsafeSlow(MOST * ROOM);
    this.#words = new Int32Array(texts.buffer);
    return texts;
  }
}

const shown = Buffer.allocUnsafeSlow(LONGEST * 3 + WORD);
const shownWords = new Int32Array(shown.buffer);

/** What is left of the last word is nothing. */
function endWord(bytes: Buffer, from: number): void {
  for (let at = from; at % WORD !== 0; at++) bytes[at] = 0;
}

function endOf(token: string): number {
  let end = 0;
  for (let back = 9; back > 4; back--)
    end = Math.imul(end ^ token.charCodeAt(token.length - back), 0x9e3779b1);
  return end >>> (32 - ENDS);
}
