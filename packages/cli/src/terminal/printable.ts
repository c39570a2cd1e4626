/**
 * Text from records, policies and peers as a terminal may see it: no control, no ANSI sequence, no character that
 * reorders or hides others. What is taken out is shown as an escape, so that nothing disappears.
 */

// Cc controls, Cf formats (bidi, zero width, tags), Cs lone surrogates, Co private use, Cn unassigned, Zl Zp line breaks,
// and the letters that print as nothing: Hangul fillers, the braille blank, the Khmer inherent vowels.
const UNSAFE =
  /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\u115F\u1160\u17B4\u17B5\u2800\u3164\uFFA0]/gu;

// More than four marks on one letter paint over the lines above and below.
const PILED_MARKS = /(\p{M}{4})\p{M}+/gu;

const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

const escaped = (character: string): string =>
  SHORT[character] ?? `\\u{${character.codePointAt(0)?.toString(16) ?? '0'}}`;

/** One line, safe to print. Linear in the text. */
export function printable(text: string): string {
  return text.replace(UNSAFE, escaped).replace(PILED_MARKS, '$1\u2026');
}

/** Several lines, each safe to print; line breaks and tabs of the text stay. */
export function printableLines(text: string): string {
  return text
    .replace(/\r\n/g, '\n')
    .split('\n')
    .map((line) => line.split('\t').map(printable).join('  '))
    .join('\n');
}

/** JSON text with the same value, whose dangerous characters are `\u` escapes. */
export function printableJson(json: string): string {
  return json.replace(UNSAFE, (character) =>
    character === '\n'
      ? character
      : Array.from(
          { length: character.length },
          (_, unit) => `\\u${character.charCodeAt(unit).toString(16).padStart(4, '0')}`,
        ).join(''),
  );
}
