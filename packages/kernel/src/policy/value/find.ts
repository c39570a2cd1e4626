/**
 * Substring search in linear time. The engine's own search compares position by position and needs length times length on
 * repetitive texts, so a long one goes through Knuth, Morris and Pratt (SIAM J. Comput. 6, 1977).
 */

/** Below this product of the lengths the engine's search is bounded well enough. */
const SMALL = 65_536;

/** The first position of `needle` at or after `from`; -1 where there is none. */
export function find(text: string, needle: string, from = 0): number {
  const length = needle.length;
  if ((text.length - from) * length <= SMALL || length <= 1) return text.indexOf(needle, from);
  if (length > text.length - from) return -1;
  const units = new Uint16Array(length + 1);
  for (let i = 0; i < length; i++) units[i] = needle.charCodeAt(i);
  const failure = failureTable(units, length);
  let matched = 0;
  for (let at = from; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    while (matched >= 0 && units[matched] !== unit) matched = failure[matched] as number;
    if (++matched === length) return at - length + 1;
  }
  return -1;
}

/** Where to go on after a mismatch; never to a unit that would mismatch as well. */
function failureTable(units: Uint16Array, length: number): Int32Array {
  const table = new Int32Array(length);
  table[0] = -1;
  let border = 0;
  for (let at = 1; at < length; at++) {
    table[at] = units[at] === units[border] ? (table[border] as number) : border;
    while (border >= 0 && units[at] !== units[border]) border = table[border] as number;
    border++;
  }
  return table;
}

/** Unicode code points, as CEL counts them. */
export function codePoints(text: string): number {
  let count = text.length;
  for (let i = 1; i < text.length; i++) {
    const low = text.charCodeAt(i);
    if (low < 0xdc00 || low > 0xdfff) continue;
    const high = text.charCodeAt(i - 1);
    if (high >= 0xd800 && high <= 0xdbff) count--;
  }
  return count;
}
