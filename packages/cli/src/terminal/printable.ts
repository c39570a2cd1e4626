/**
 * Text from records, policies and peers as a terminal may see it: no control, no ANSI sequence, no character that
 * reorders or hides others. What is taken out is shown as an escape, so that nothing disappears.
 */

// Cc controls, Cf formats (bidi, zero width, tags), Cs lone surrogates, Co private use, Cn unassigned, Zl Zp line breaks,
// and the letters that print as nothing: Hangul fillers, the braille blank, the Khmer inherent vowels.
const UNSAFE =
  /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\u115F\u1160\u17B4\u17B5\u2800\u3164\uFFA0]/gu;

// The same, but for line breaks and the colours that picocolors writes (8, concealed, is none of them).
const UNGUARDED = new RegExp(`(?!\\n|\\u001b\\[(?!8m)\\d{1,2}m)${UNSAFE.source}`, 'gu');

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

/** The last gate before a terminal, for text that may carry our own colours: whatever else is dangerous becomes an escape. */
export function guarded(text: string): string {
  return text.replace(UNGUARDED, escaped);
}

/**
 * Data with every text in it made safe, keys too. What prints data takes it through here first, so that no field
 * of it can be forgotten.
 */
export function safe<T>(data: T): T {
  if (typeof data === 'string') return printable(data) as T;
  if (Array.isArray(data)) return data.map(safe) as T;
  if (typeof data !== 'object' || data === null) return data;
  return Object.fromEntries(
    Object.entries(data).map(([key, value]) => [printable(key), safe(value)]),
  ) as T;
}
