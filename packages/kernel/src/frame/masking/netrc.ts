/**
 * Passwords as `.netrc` has them: `machine H login L password P`, on one line or on several, within JSON too, and with what `diff`, `grep -n` and
 * `cat -n` put before a line. After a machine and a login what follows is a password; after one of them only where the line, or the entry, ends behind
 * it, so that prose stays readable. Linear: what stands between two words is read once for each of the words before it.
 */
import { MASK_START, maskOf } from './secret-forms.ts';

const SPACE = '(?:\\s|\\\\+[nrt])+';
const WORD = '(?:[^\\s\\\\]|\\\\(?![\\\\nrt]))+';
const BEGIN = '(?<=^[+-]?|[\\s"\'`:][+-]?|\\\\[nrt][+-]?)';
/** Space before a word that begins a line, perhaps, with the sign of a change or a number before it. */
const GAP = `${SPACE}(?:(?:[+-]|\\d{1,7}(?::|\\t|\\\\+t))(?:[ \\t]|\\\\+t)*)?`;
const VALUE = '("(?:[^"\\\\\\n]|\\\\.)*"|\\S+)';
/** More pairs than an entry has; bounded, for `machine` may stand in each of them. */
const PAIRS = `(?:(?:login|account)${SPACE}${WORD}${GAP}){1,3}`;
const ENTRY = new RegExp(
  `${BEGIN}machine${SPACE}${WORD}${GAP}${PAIRS}password${SPACE}${VALUE}`,
  'g',
);
const PAIR = new RegExp(
  `${BEGIN}(?:machine|login|account)${SPACE}${WORD}${GAP}password${SPACE}${VALUE}(?=[ \\t]*(?:$|[\\r\\n]|#|(?<=\\s)(?:machine|default|login|account|macdef)\\s))`,
  'g',
);
const PLACEHOLDER = /^(?:<|\$|\{\{|\*+$)/;
const ANNOUNCED = /password(?:\s|\\+[nrt])/;

/** Whether a text may have one. */
export const mayBeNetrc = (text: string): boolean =>
  text.includes('password') && ANNOUNCED.test(text);

/** `before`: the last words before the text, as `lastWords` says them. */
export function maskNetrc(text: string, found: Set<string>, before = ''): string {
  const whole = before + text;
  if (!mayBeNetrc(whole)) return text;
  const masked = maskAll(PAIR, maskAll(ENTRY, whole, before.length, found), before.length, found);
  return masked.slice(before.length);
}

/** Values that begin before `from` are left: they are shown already. */
function maskAll(pattern: RegExp, text: string, from: number, found: Set<string>): string {
  return text.replace(pattern, (match: string, value: string, at: number) => {
    const start = match.length - value.length;
    if (at + start < from || value.startsWith(MASK_START) || PLACEHOLDER.test(value)) return match;
    found.add('netrc_password');
    return match.slice(0, start) + maskOf('netrc_password');
  });
}

/** Words that decide, and characters of each. */
const WORDS = 8;
const LONGEST_WORD = 256;
const BLANK = /\s/;

/** What of a text decides whether the one that follows it begins with a password. */
export function lastWords(text: string): string {
  const words: string[] = [];
  let end = text.length;
  for (let at = text.length; words.length < WORDS && at >= 0; at--) {
    if (at > 0 && !BLANK.test(text.charAt(at - 1))) continue;
    if (at < end) words.push(text.slice(at, Math.min(end, at + LONGEST_WORD)));
    if (at === text.length) words.push('');
    end = at - 1;
  }
  return words.reverse().join(' ');
}

const SPAN = /(?<![^\s\\])password[ \t]+(?:"(?:[^"\\\n]|\\.)*(?:"|$)|[^\s"]\S*|"\S*)[ \t]*\S{0,8}/g;

/** Where a line has what may be a password and what it is known by: no cut falls in between. Without an end where the line ends in it. */
export function netrcSpans(
  line: string,
): { readonly start: number; readonly end: number; readonly quoted: boolean }[] {
  if (!mayBeNetrc(line)) return [];
  return [...line.matchAll(SPAN)].map(({ 0: text, index }) => {
    const end = index + text.length;
    const quoted = /^password[ \t]+"/.test(text);
    return { start: index, end: end === line.length ? Number.POSITIVE_INFINITY : end, quoted };
  });
}
