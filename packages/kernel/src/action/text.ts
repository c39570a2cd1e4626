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
  if (!PRINTABLE_ASCII.test(text)) return false;
  printable = text;
  return true;
}
