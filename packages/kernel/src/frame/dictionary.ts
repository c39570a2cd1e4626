/**
 * What comes again and again in a column is held once, and so searched, counted and kept once. Which texts are the same is asked of their bytes where
 * all of them are ASCII: to make each a text of its own and remember it costs several times as much.
 */
import { randomBytes } from 'node:crypto';
import type { Dictionary } from './columns.ts';

/** Between texts that are joined. */
export const BETWEEN = '\0';

/** As many as a byte can tell apart. */
const MOST = 256;
/** Rows for each different text: with fewer nothing is saved. */
const ROWS_EACH = 4;

/** Of so many texts, joined. undefined where the different ones are too many, or what stands between texts is in one. */
export function dictionaryOf(joined: string, rows: number): Dictionary | undefined {
  const most = Math.max(1, Math.min(MOST, Math.floor(rows / ROWS_EACH)));
  if (joined.length <= LARGEST) {
    const length = scratch.write(joined, 0);
    if (length === joined.length) return ofBytes(joined, rows, most);
  }
  return ofTexts(joined.split(BETWEEN), rows, most);
}

function ofTexts(texts: readonly string[], rows: number, most: number): Dictionary | undefined {
  if (texts.length !== rows) return undefined;
  const known = new Map<string, number>();
  const places = new Uint8Array(rows);
  for (let row = 0; row < rows; row++) {
    const text = texts[row] as string;
    let place = known.get(text);
    if (place === undefined) {
      place = known.size;
      if (place >= most) return undefined;
      known.set(text, place);
    }
    places[row] = place;
  }
  return { texts: [...known.keys()], places };
}

/** UTF-16 units that are compared by their bytes, and room for them where they are no ASCII. */
const LARGEST = 65_536;
const scratch = Buffer.alloc(LARGEST * 3 + 4);
const words = new DataView(scratch.buffer, scratch.byteOffset, scratch.length);
/** Nobody who writes a text knows which texts fall into one slot. */
const SALT = randomBytes(4).readInt32LE();
const slots = new Int16Array(MOST * 4);
const [starts, lengths, sums] = [new Int32Array(MOST), new Int32Array(MOST), new Int32Array(MOST)];

function ofBytes(joined: string, rows: number, most: number): Dictionary | undefined {
  scratch[joined.length] = 0;
  slots.fill(-1);
  const places = new Uint8Array(rows);
  const texts: string[] = [];
  let start = 0;
  for (let row = 0; row < rows; row++) {
    if (start > joined.length) return undefined;
    let sum = SALT;
    let other = SALT;
    let end = start;
    // Four bytes at a time, as long as none of them is zero; two sums, for neither has to wait for the other.
    for (;;) {
      const word = words.getInt32(end, true);
      if ((((word - 0x01010101) | 0) & ~word & 0x80808080) !== 0) break;
      sum = mixed(sum, word);
      end += 4;
      const next = words.getInt32(end, true);
      if ((((next - 0x01010101) | 0) & ~next & 0x80808080) !== 0) break;
      other = mixed(other, next);
      end += 4;
    }
    sum = mixed(sum, other);
    for (let byte = scratch[end] as number; byte !== 0; byte = scratch[++end] as number)
      sum = mixed(sum, byte);
    const place = placeOf(start, end - start, sum, texts.length);
    if (place === texts.length) {
      if (place >= most) return undefined;
      texts.push(joined.slice(start, end));
    }
    places[row] = place;
    start = end + 1;
  }
  return start === joined.length + 1 ? { texts, places } : undefined;
}

function mixed(sum: number, word: number): number {
  const product = Math.imul(sum ^ word, 0x9e3779b1);
  return product ^ (product >>> 15);
}

/** Of the text that is the same, or the next one. */
function placeOf(start: number, length: number, sum: number, next: number): number {
  let slot = sum & (slots.length - 1);
  for (; ; slot = (slot + 1) & (slots.length - 1)) {
    const place = slots[slot] as number;
    if (place === -1) break;
    if (
      sums[place] === sum &&
      lengths[place] === length &&
      same(starts[place] as number, start, length)
    )
      return place;
  }
  if (next >= MOST) return next;
  slots[slot] = next;
  starts[next] = start;
  lengths[next] = length;
  sums[next] = sum;
  return next;
}

function same(one: number, other: number, length: number): boolean {
  let at = 0;
  for (; at + 4 <= length; at += 4)
    if (words.getInt32(one + at, true) !== words.getInt32(other + at, true)) return false;
  for (; at < length; at++) if (scratch[one + at] !== scratch[other + at]) return false;
  return true;
}

/** The same text in every row. */
export const constantColumn = (text: string, rows: number): Dictionary => ({
  texts: [text],
  places: new Uint8Array(rows),
});

/** The same places for what became of the texts, where two may have become one. */
export function withTexts({ places }: Dictionary, texts: readonly string[]): Dictionary {
  const known = new Map<string, number>();
  const now = texts.map((text) => {
    const place = known.get(text) ?? known.size;
    known.set(text, place);
    return place;
  });
  if (known.size === texts.length) return { texts, places };
  return { texts: [...known.keys()], places: places.map((place) => now[place] as number) };
}
