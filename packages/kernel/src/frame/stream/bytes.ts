/** Bytes in pieces to text: UTF-8 or UTF-16 where the first of them are, else none. */
import { isUtf8 } from 'node:buffer';
import { wideEncoding } from '../bytes.ts';

export type Reading = 'utf-8' | 'utf-16le' | 'utf-16be' | 'none';

/** Bytes that settle it. ASCII settles it at once. */
const ENOUGH = 512;

/** undefined where more is needed to tell. `last`: there is no more. */
export function readingOf(bytes: Buffer, last: boolean): Reading | undefined {
  if (bytes.length === 0) return last ? 'utf-8' : undefined;
  if (bytes.every((byte) => byte > 0 && byte < 0x80)) return 'utf-8';
  if (!last && bytes.length < ENOUGH) return undefined;
  const wide = wideEncoding(bytes.subarray(0, bytes.length - (bytes.length % 2)));
  if (wide !== undefined) return wide;
  // The last character may go on in the next piece.
  for (let cut = 0; cut <= (last ? 0 : 3) && cut < bytes.length; cut++)
    if (isUtf8(bytes.subarray(0, bytes.length - cut))) return 'utf-8';
  return 'none';
}
