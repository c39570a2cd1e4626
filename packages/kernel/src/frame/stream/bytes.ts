/** Bytes in pieces to text: UTF-8 or UTF-16 where the first of them are, else none. */
import { isUtf8 } from 'node:buffer';
import { wideEncoding } from '../bytes.ts';

export type Reading = 'utf-8' | 'utf-16le' | 'utf-16be' | 'none';

/** Bytes that settle it. A line without a zero does before: what is in UTF-16 may begin like UTF-8, and nothing is shown before its line ends. */
const ENOUGH = 512;
const LINE_END = 10;
/** A line end before them may be one half of another. */
const TELLING = 2;

/** undefined where more is needed to tell. `last`: there is no more. */
export function readingOf(bytes: Buffer, last: boolean): Reading | undefined {
  if (bytes.length === 0) return last ? 'utf-8' : undefined;
  const settled = last || bytes.length >= ENOUGH;
  if (!settled && !bytes.includes(LINE_END, TELLING)) return undefined;
  if (!bytes.includes(0) && startsAsUtf8(bytes, last)) return 'utf-8';
  if (!settled) return undefined;
  const wide = wideEncoding(bytes.subarray(0, bytes.length - (bytes.length % 2)));
  if (wide !== undefined) return wide;
  return startsAsUtf8(bytes, last) ? 'utf-8' : 'none';
}

/** The last character may go on in the next piece. */
function startsAsUtf8(bytes: Buffer, last: boolean): boolean {
  for (let cut = 0; cut <= (last ? 0 : 3) && cut < bytes.length; cut++)
    if (isUtf8(bytes.subarray(0, bytes.length - cut))) return true;
  return false;
}
