/**
 * What a text says in another spelling: percent escapes, JSON and HTML escapes, base64, hexadecimal. A model that reads the one may write
 * the other, so both sides of a comparison are read in every spelling. One level, linear, bounded.
 */
import { isUtf8 } from 'node:buffer';

const BASE64 = /[A-Za-z0-9+/_-]{12,}={0,2}/g;
const WORD = /[0-9A-Za-z]{12,}/g;
const HEX = /^(?:[0-9a-fA-F]{2})+$/;
const PERCENT = /(?:%[0-9a-fA-F]{2})+/g;
const ESCAPED = /\\u([0-9a-fA-F]{4})|\\x([0-9a-fA-F]{2})|&#(?:x([0-9a-fA-F]{1,6})|(\d{1,7}));/g;
const MOST_RUNS = 256;
const MOST_DECODED = 65_536;

/** The other spellings of a text that has any; nothing for most. */
export function spellings(text: string): string[] {
  const found: string[] = [];
  if (text.includes('%')) {
    const plain = text.replace(
      PERCENT,
      (run) => bytes(Buffer.from(run.replaceAll('%', ''), 'hex')) ?? run,
    );
    if (plain !== text) found.push(plain);
  }
  if (text.includes('\\') || text.includes('&#')) {
    const plain = text.replace(ESCAPED, (run, u, x, hex, dec) => {
      const point = dec === undefined ? Number.parseInt(u ?? x ?? hex, 16) : Number(dec);
      return point <= 0x10ffff ? String.fromCodePoint(point) : run;
    });
    if (plain !== text) found.push(plain);
  }
  found.push(...runs(text, WORD, 'hex'), ...runs(text, BASE64, 'base64'));
  return found;
}

function runs(text: string, pattern: RegExp, encoding: 'hex' | 'base64'): string[] {
  const found: string[] = [];
  let total = 0;
  let seen = 0;
  for (const [run] of text.matchAll(pattern)) {
    if (encoding === 'hex' && !HEX.test(run)) continue;
    if (seen++ >= MOST_RUNS || total >= MOST_DECODED) break;
    const plain = bytes(Buffer.from(run, encoding));
    if (plain === undefined || plain.length < 4) continue;
    total += plain.length;
    found.push(plain);
  }
  return found;
}

const decoder = new TextDecoder();
// biome-ignore lint/suspicious/noControlCharactersInRegex: what holds control characters is no text.
const UNPRINTABLE = /[\x00-\x08\x0e-\x1f\x7f]/;

/** The bytes as text where they are text. */
function bytes(raw: Uint8Array): string | undefined {
  if (!isUtf8(raw)) return undefined;
  const text = decoder.decode(raw);
  return UNPRINTABLE.test(text) ? undefined : text;
}
