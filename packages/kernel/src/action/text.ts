/** What a text may hold. People read these texts before they approve: what would mislead the eye is refused, never removed. */

/** Controls, line separators, and the marks that reorder text (Unicode TR 9). */
const REORDERING = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\p{Cs}]/u;
/** The same, and all that has no glyph of its own: zero-width characters, fillers, tags, variation selectors. */
const INVISIBLE = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\p{Default_Ignorable_Code_Point}]/u;
const PRINTABLE_ASCII = /^[\x20-\x7e]*$/;

/** No control character and nothing that reorders text. */
export const isOrderly = (text: string): boolean =>
  PRINTABLE_ASCII.test(text) || !REORDERING.test(text);

/** Orderly, and every character shows. */
export const isVisible = (text: string): boolean =>
  PRINTABLE_ASCII.test(text) || !INVISIBLE.test(text);

/** The long text that was found printable last: a token comes with call after call, and is read more than once in each. */
let printable = '';
const LONG = 64;

export function isPrintableAscii(text: string): boolean {
  if (text.length < LONG) return PRINTABLE_ASCII.test(text);
  if (text === printable) return true;
  if (!(text.length <= ROOM ? isPrintableLong(text) : PRINTABLE_ASCII.test(text))) return false;
  printable = text;
  return true;
}

/** Characters that are looked at four at once: that takes a third of what the pattern does. */
const ROOM = 1_024;
const WORD = 4;
const bytes = Buffer.allocUnsafeSlow(ROOM * 3 + WORD);
const words = new Int32Array(bytes.buffer);

/** The same of at most ROOM characters. */
function isPrintableLong(text: string): boolean {
  const { length } = text;
  // What is no ASCII takes more bytes than it has characters.
  if (bytes.write(text, 0, 'utf8') !== length) return false;
  for (let at = length; at % WORD !== 0; at++) bytes[at] = 0x20;
  const end = Math.ceil(length / WORD);
  let odd = 0;
  // Each byte is below 0x80: taking 0x20 off sets the highest bit where one was less, adding 1 where one was 0x7f.
  for (let at = 0; at < end; at++) {
    const word = words[at] as number;
    odd |= (word - 0x20202020) | (word + 0x01010101);
  }
  return (odd & 0x80808080) === 0;
}
