/**
 * Takes a text apart into tokens, each a 32-bit hash: runs of letters and digits, numbers in one form (`1,810.00` is `1810`), and groups
 * such as `AT68 5453 2054` once more as one. Linear; no string is made. The hash is salted per process, so that nobody who writes a
 * page can make two values meet.
 */
import { randomBytes } from 'node:crypto';
import { fold } from './fold-text.ts';

const SALT = randomBytes(4).readUInt32LE();
const PRIME = 0x01000193;

/** What is known of a token besides its hash. */
const WORD = 0;
export const NUMBER = 1;
export const MIXED = 2;

export interface Tokens {
  /** How many. */
  length: number;
  hashes: Uint32Array;
  /** Characters of each, at most 255. */
  sizes: Uint8Array;
  kinds: Uint8Array;
  /** Groups joined: found besides the tokens themselves. */
  joined: number[];
}

export function emptyTokens(room = 64): Tokens {
  return {
    length: 0,
    hashes: new Uint32Array(room),
    sizes: new Uint8Array(room),
    kinds: new Uint8Array(room),
    joined: [],
  };
}

/** Murmur3's last mix: every bit of the input moves every bit of the hash. */
export function mix(hash: number): number {
  let h = hash;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

export function hashText(text: string): number {
  let h = SALT;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), PRIME);
  return mix(h) || 1;
}

const isDigit = (c: number): boolean => c >= 48 && c <= 57;
const isLetter = (c: number): boolean =>
  (c >= 97 && c <= 122) || (c >= 65 && c <= 90) || (c > 0xbf && !punctuation(c));
const punctuation = (c: number): boolean =>
  (c >= 0x2000 && c <= 0x206f) || (c >= 0x3000 && c <= 0x303f) || c === 0xd7 || c === 0xf7;

const LONGEST_GROUP = 4;
const MOST_JOINED = 12;

/** Reads at most `limit` characters of the text, from `into.length` on. */
export function tokenise(text: string, into: Tokens, limit = text.length): Tokens {
  const t = fold(limit < text.length ? text.slice(0, limit) : text);
  const end = t.length;
  let group = SALT;
  let grouped = 0;
  let last = -2;
  let at = 0;
  const closeGroup = (): void => {
    if (grouped > 1) into.joined.push(mix(group) || 1);
    group = SALT;
    grouped = 0;
  };
  while (at < end) {
    const c = t.charCodeAt(at);
    if (!isDigit(c) && !isLetter(c)) {
      at++;
      continue;
    }
    const start = at;
    const number = isDigit(c) ? numberEnd(t, at) : 0;
    let h = SALT;
    let kind = WORD;
    if (number > 0) {
      at = number;
      h = hashNumber(t, start, at);
      kind = NUMBER;
    } else {
      let digits = 0;
      for (; at < end; at++) {
        let ch = t.charCodeAt(at);
        if (isDigit(ch)) digits++;
        else if (isLetter(ch)) {
          if (ch >= 65 && ch <= 90) ch |= 32;
        } else break;
        h = Math.imul(h ^ ch, PRIME);
      }
      if (digits > 0) kind = MIXED;
    }
    const size = at - start;
    push(into, mix(h) || 1, size, kind);
    // Groups of a few characters with one space or hyphen between: accounts, cards, telephone numbers.
    if (last !== start - 1 || grouped >= MOST_JOINED || !groups(t, start, at, grouped > 0))
      closeGroup();
    if (groups(t, start, at, grouped > 0)) {
      for (let i = start; i < at; i++) {
        let ch = t.charCodeAt(i);
        if (ch >= 65 && ch <= 90) ch |= 32;
        if (ch !== 44 && ch !== 46) group = Math.imul(group ^ ch, PRIME);
      }
      grouped++;
    }
    last = at;
  }
  closeGroup();
  return into;
}

/** A token that may be a group of an account number: it has a digit, or goes on after one that had and is all capitals. */
function groups(t: string, from: number, to: number, goesOn: boolean): boolean {
  if (to - from > LONGEST_GROUP) return false;
  let digit = false;
  let capitals = true;
  for (let i = from; i < to; i++) {
    const c = t.charCodeAt(i);
    if (isDigit(c)) digit = true;
    else if (c < 65 || c > 90) capitals = false;
  }
  return digit || (goesOn && capitals);
}

/** The end of a plain number that begins here; 0 where letters follow, for then it is part of a name. */
function numberEnd(t: string, from: number): number {
  let at = from;
  while (isDigit(t.charCodeAt(at))) at++;
  if (isLetter(t.charCodeAt(at))) return 0;
  if (at - from <= 3) {
    while (
      t.charCodeAt(at) === 44 &&
      isDigit(t.charCodeAt(at + 1)) &&
      isDigit(t.charCodeAt(at + 2)) &&
      isDigit(t.charCodeAt(at + 3)) &&
      !isDigit(t.charCodeAt(at + 4))
    )
      at += 4;
  }
  if (t.charCodeAt(at) === 46 && isDigit(t.charCodeAt(at + 1))) {
    let to = at + 1;
    while (isDigit(t.charCodeAt(to))) to++;
    // 1.2.3 is no number, and neither is 1.2b.
    if (!isLetter(t.charCodeAt(to)) && !(t.charCodeAt(to) === 46 && isDigit(t.charCodeAt(to + 1))))
      return to;
  }
  return at;
}

function hashNumber(t: string, from: number, to: number): number {
  let end = to;
  let dot = from;
  while (dot < to && t.charCodeAt(dot) !== 46) dot++;
  if (dot < to) {
    while (t.charCodeAt(end - 1) === 48) end--;
    if (end - 1 === dot) end = dot;
  }
  let h = SALT;
  for (let i = from; i < end; i++) {
    const ch = t.charCodeAt(i);
    if (ch !== 44) h = Math.imul(h ^ ch, PRIME);
  }
  return h;
}

function push(into: Tokens, hash: number, size: number, kind: number): void {
  const at = into.length;
  if (at === into.hashes.length) grow(into);
  into.hashes[at] = hash;
  into.sizes[at] = Math.min(size, 255);
  into.kinds[at] = kind;
  into.length = at + 1;
}

function grow(into: Tokens): void {
  const room = into.hashes.length * 2;
  const { hashes, sizes, kinds } = into;
  into.hashes = new Uint32Array(room);
  into.hashes.set(hashes);
  into.sizes = new Uint8Array(room);
  into.sizes.set(sizes);
  into.kinds = new Uint8Array(room);
  into.kinds.set(kinds);
}
