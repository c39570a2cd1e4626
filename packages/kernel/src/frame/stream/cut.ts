/**
 * Where a text may be cut so that both halves, masked each for itself, give what the whole would. No pattern of ours reaches over the end of a
 * line; within a long line none reaches over a quote or a space, but for what is looked for here: values in quotes, words that announce a
 * secret, cookies.
 */
import { wholeEnd } from '../characters.ts';
import { assignmentSpans } from '../masking/assigned.ts';
import { netrcSpans } from '../masking/netrc.ts';
import { SECRET_PATTERNS } from '../masking/secret-forms.ts';

/** Characters behind a cut that are looked at: more than any name with its signs has. */
const LOOKAHEAD = 512;
/** How far a secret may reach; one that is longer is masked by its beginning. */
const LONGEST_SECRET = 16_384;

/** Wherever it stands: what is before it may be masked, and then it begins a word. */
const COOKIE = /cookie:/i;
/** A space here stands within a secret's announcement. */
const ANNOUNCES = /(?:bearer|basic|--[\w-]{0,80}|-u)[ \t=]{1,8}$/i;
const ANNOUNCEMENT = 96;

/** The last such place in a line that is not at its end; 0 where there is none. `personal`: numbers with spaces in them are masked too. */
export function cutWithin(line: string, personal: boolean): number {
  const cookie = line.search(COOKIE);
  const most = Math.min(line.length - LOOKAHEAD, cookie === -1 ? line.length : cookie);
  if (most <= 0) return 0;
  const spans = spansByStart(line);
  const reach = reachOf(spans);
  let last = spans.length - 1;
  for (let at = most; at > 0; at--) {
    while (last >= 0 && (spans[last] as Reaches).start >= at) last--;
    // Of all that begin before it, none may reach over it.
    if (last >= 0 && (reach[last] as number) > at) continue;
    const before = line.charCodeAt(at - 1);
    if (before === QUOTE || (!personal && before === APOSTROPHE)) return at;
    if (personal || (before !== SPACE && before !== TAB)) continue;
    if (!ANNOUNCES.test(line.slice(Math.max(0, at - ANNOUNCEMENT), at))) return at;
  }
  return 0;
}

const spansByStart = (line: string) =>
  [...assignmentSpans(line), ...netrcSpans(line)].sort((a, b) => a.start - b.start);

const QUOTE = 34;
const APOSTROPHE = 39;
const SPACE = 32;
const TAB = 9;

interface Reaches {
  readonly start: number;
  readonly end: number;
}

/** How far any of the spans up to this one reaches. */
function reachOf(spans: readonly Reaches[]): readonly number[] {
  let most = 0;
  return spans.map(({ end }) => {
    most = Math.max(most, end);
    return most;
  });
}

export interface ForcedCut {
  /** Up to here it is masked and shown. */
  readonly at: number;
  /** What comes then may be a secret without an end in sight: the rest of the line is left out, and on up to the first match of this. */
  readonly until: RegExp | undefined;
}

/** Where a line is cut that may be cut nowhere: behind what is whole, before what may go on. */
export function forceCut(line: string): ForcedCut {
  const found = spansOf(line);
  const least = line.length - LONGEST_SECRET;
  let at = least;
  for (const { start, end } of found.sort((a, b) => a.start - b.start))
    if (start < at && end < line.length) at = Math.max(at, end);
  const open = found.find(({ start, end }) => start < at && end >= line.length);
  if (open !== undefined) return { at: open.start, until: open.until };
  return { at: wholeEnd(line, at), until: undefined };
}

interface Found extends Reaches {
  readonly until: RegExp;
}

/** All that looks like a secret, or like the beginning of one that has no end yet. */
function spansOf(line: string): Found[] {
  const found: Found[] = spansByStart(line).map(({ start, end, quoted }) => ({
    start,
    end,
    until: quoted ? VALUE_END : WORD_END,
  }));
  const cookie = line.search(COOKIE);
  if (cookie !== -1) found.push({ start: cookie, end: line.length, until: LINE_END });
  for (const { needles, pattern } of SECRET_PATTERNS) {
    if (!needles.some((needle) => line.includes(needle))) continue;
    for (const match of line.matchAll(pattern)) {
      const end = match.index + match[0].length;
      found.push({ start: match.index, end, until: WORD_END });
    }
  }
  for (const pattern of OPEN) {
    const start = line.search(pattern);
    if (start !== -1) found.push({ start, end: line.length, until: WORD_END });
  }
  return found;
}

const LINE_END = /[\r\n]/;
const VALUE_END = /[\r\n"'`]/;
const WORD_END = /[\s"'`]/;

/** What becomes a secret only by what comes later: the user of a URL, the first part of a token. */
const OPEN: readonly RegExp[] = [/:\/\/[^\s/?#"'<>@]*$/, /(?<![\w-])eyJ[\w-]*$/];
