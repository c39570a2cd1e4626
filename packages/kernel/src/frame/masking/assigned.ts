/**
 * Secrets that are known by the name they are assigned to: `password=…`, `"api_key": "…"`, `Pwd=…;`. Code that only speaks of secrets
 * (`password = read()`, `token: string`) stays readable. Linear: each value is read once, and what is let through is looked at for
 * a bounded length.
 */
import { assignmentFrom } from './names.ts';
import { MASK_START, maskOf } from './secret-forms.ts';

/** Characters that a decision to let a value through may look at. */
const GLANCE = 64;
const SHORTEST = { password: 3, key: 8, token: 16 } as const;
const END_OF_BARE = /[\s"'`&;,<>)}\]\\]/;

export function maskAssigned(text: string, found: Set<string>): string {
  let masked = '';
  let from = 0;
  let match = assignmentFrom(text, 0);
  for (let next = 0; match !== null; match = assignmentFrom(text, next)) {
    const start = match.index + match[0].length;
    next = start;
    if (/^pwd$/i.test(match[2] ?? '') && PATH_START.test(text.charAt(start))) continue;
    const spaced = match[3] !== '' || match[4] !== '';
    const value = secretAt(text, start, strengthOf(match[1]), spaced);
    if (value === undefined) continue;
    found.add('assigned_secret');
    masked += text.slice(from, value.start) + maskOf('assigned_secret');
    from = value.end;
    next = value.end;
  }
  return from === 0 ? text : masked + text.slice(from);
}

/** Where an assignment begins and its value ends, whether it is a secret or not; without an end where the value may go on. One line. */
export function assignmentSpans(line: string): Assignment[] {
  const spans: Assignment[] = [];
  // Names within a value without quotes end where it does: each character is looked at once.
  let bare = 0;
  let value = 0;
  for (;;) {
    const match = assignmentFrom(line, value);
    if (match === null) return spans;
    value = match.index + match[0].length;
    const quote = line.charAt(afterBackslashes(line, value));
    const quoted = quotedAt(line, value);
    const opens = quote === '"' || quote === "'" || quote === '`';
    if (quoted === undefined && value > bare) bare = endOfBare(line, value);
    const end = quoted === undefined ? Math.max(bare, value) : quoted.end + 1;
    const open = opens ? quoted === undefined : end === line.length;
    spans.push({ start: match.index, end: open ? Number.POSITIVE_INFINITY : end, quoted: opens });
  }
}

interface Assignment extends Span {
  readonly quoted: boolean;
}

/** `PWD=/home` is where a shell stands. */
const PATH_START = /[/~]/;

function strengthOf(key: string | undefined): Strength {
  if (key === undefined) return 'password';
  return key.toLowerCase() === 'token' ? 'token' : 'key';
}

interface Span {
  readonly start: number;
  readonly end: number;
}

type Strength = keyof typeof SHORTEST;

function secretAt(
  text: string,
  start: number,
  strength: Strength,
  spaced: boolean,
): Span | undefined {
  const quoted = quotedAt(text, start);
  if (quoted !== undefined) {
    const glance = text.slice(quoted.start, Math.min(quoted.end, quoted.start + GLANCE));
    return isSecretText(glance, quoted.end - quoted.start, strength) ? quoted : undefined;
  }
  const glance = text.slice(start, start + GLANCE);
  const stop = glance.search(END_OF_BARE);
  const bare = stop === -1 ? glance : glance.slice(0, stop);
  if (!isSecretText(bare, bare.length, strength)) return undefined;
  if (isCode(bare, text.charAt(start + bare.length), spaced)) return undefined;
  return { start, end: stop === -1 ? endOfBare(text, start) : start + stop };
}

function endOfBare(text: string, start: number): number {
  for (let at = start; at < text.length; at++) if (END_OF_BARE.test(text.charAt(at))) return at;
  return text.length;
}

/** Between the quotes, which may be escaped many times over; undefined where none open here or the line ends first. */
function quotedAt(text: string, start: number): Span | undefined {
  const open = afterBackslashes(text, start);
  const escapes = open - start;
  const quote = text.charAt(open);
  if (!LEVELS.includes(escapes)) return undefined;
  if (quote !== '"' && quote !== "'" && quote !== '`') return undefined;
  for (let at = open + 1; at < text.length; at++) {
    const character = text.charAt(at);
    if (character === '\n') return undefined;
    if (character === quote) return { start: open + 1, end: at };
    if (character !== '\\') continue;
    const end = afterBackslashes(text, at);
    const run = end - at;
    // As many as opened it close it; where none did, pairs escape each other.
    const closes = escapes === 0 ? run % 2 === 0 : run <= escapes;
    if (text.charAt(end) === quote && closes) return { start: open + 1, end: at };
    at = text.charAt(end) === quote ? end : end - 1;
  }
  return undefined;
}

function afterBackslashes(text: string, start: number): number {
  let at = start;
  while (text.charCodeAt(at) === BACKSLASH) at++;
  return at;
}

const BACKSLASH = 92;
/** Backslashes before a quote in JSON within JSON, and so on. Few, so that few unclosed quotes can be open at a time: time stays linear. */
const LEVELS: readonly number[] = [0, 1, 3, 7, 15];

/** What stands where a secret would, and is none. */
const PLACEHOLDER =
  /^(?:true|false|null|none|nil|undefined|string|str|text|bytes|number|int|any|object|boolean|bool|required|optional|unknown|redacted|changeme|x{3,}|\*+|\.{3}.*|-+|\$\{.*|\$\(.*|\$[A-Z_]+|\{\{.*|%[({].*|<.*|=.*|:.*)$/i;

function isSecretText(glance: string, length: number, strength: Strength): boolean {
  if (length < SHORTEST[strength] || glance.startsWith(MASK_START)) return false;
  if (PLACEHOLDER.test(glance)) return false;
  if (strength === 'password') return true;
  if (!/^[\w.~+/=:$!@%-]+$/.test(glance)) return false;
  return /\d/.test(glance) || (strength === 'key' && length >= 16);
}

/** A value without quotes that is an expression or the beginning of a sentence. */
function isCode(bare: string, next: string, spaced: boolean): boolean {
  if (/^[A-Za-z_$][\w$]*(?:\.[\w$]+)*[([]/.test(bare)) return true;
  if (spaced && /^[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)+$/.test(bare)) return true;
  if (!/^[A-Za-z_$]+$/.test(bare)) return false;
  return spaced ? !/^[\r\n]?$/.test(next) : next === ',' || next === ')';
}
