/** Bytes as a frame shows them: text where they are UTF-8 or UTF-16, else base64, with what they would say as text searched for secrets. */
import { isUtf8 } from 'node:buffer';
import { maskSecrets } from './masking/redact.ts';

export interface ShownBytes {
  readonly text: string;
  readonly encoding: 'utf-8' | 'utf-16' | 'base64';
}

/** At most so many bytes of them. A text is not searched here: that is done with every text. */
export function showBytes(bytes: Uint8Array, most: number, found: Set<string>): ShownBytes {
  const whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const wide = wideText(whole, most);
  if (wide !== undefined) return { text: wide, encoding: 'utf-16' };
  if (isUtf8(whole)) {
    return { text: whole.toString('utf8', 0, boundary(whole, most)), encoding: 'utf-8' };
  }
  const masked = maskSecrets(whole.toString('latin1', 0, most));
  for (const kind of masked.found) found.add(kind);
  return { text: Buffer.from(masked.text, 'latin1').toString('base64'), encoding: 'base64' };
}

/** The last place at or before `end` where no UTF-8 character is cut. */
function boundary(bytes: Uint8Array, end: number): number {
  if (end >= bytes.length) return bytes.length;
  let at = end;
  while (at > 0 && ((bytes[at] ?? 0) & 0xc0) === 0x80) at--;
  return at;
}

/** Bytes that a byte order mark, or the zeros of Latin text in them, show to be UTF-16. */
function wideText(whole: Buffer, most: number): string | undefined {
  if (whole.length % 2 !== 0) return undefined;
  const encoding = wideEncoding(whole);
  if (encoding === undefined) return undefined;
  const part = whole.subarray(0, Math.min(whole.length, most - (most % 2)));
  const little = encoding === 'utf-16le' ? part : Buffer.from(part).swap16();
  return little.toString('utf16le').toWellFormed();
}

/** Of the first of them; an even count. */
export function wideEncoding(bytes: Buffer): 'utf-16le' | 'utf-16be' | undefined {
  if (bytes.length < 4) return undefined;
  const mark = bytes.readUInt16LE(0);
  const sample = Math.min(bytes.length, 512);
  let even = 0;
  let odd = 0;
  for (let at = 0; at < sample; at += 2) {
    if (bytes[at] === 0) even++;
    if (bytes[at + 1] === 0) odd++;
  }
  // Half of the bytes, if all of the text were Latin.
  const many = sample * 0.3;
  if (mark === LITTLE_ENDIAN || (odd >= many && even === 0)) return 'utf-16le';
  if (mark === BIG_ENDIAN || (even >= many && odd === 0)) return 'utf-16be';
  return undefined;
}

/** The byte order mark, read as little endian. */
const LITTLE_ENDIAN = 0xfeff;
const BIG_ENDIAN = 0xfffe;

/** Shorter texts hide no secret. */
export const SHORTEST_HIDING = 24;

/** A text that is wholly base64 of a text: what it says is searched too. */
export function hidesSecret(text: string): readonly string[] {
  if (text.length < SHORTEST_HIDING || !BASE64.test(text.trimEnd())) return NOTHING;
  const decoded = Buffer.from(text, 'base64');
  return isUtf8(decoded) ? maskSecrets(decoded.toString('utf8')).found : NOTHING;
}

const BASE64 = /^[A-Za-z0-9+/_\r\n-]+={0,2}$/;
const NOTHING: readonly string[] = Object.freeze([]);
