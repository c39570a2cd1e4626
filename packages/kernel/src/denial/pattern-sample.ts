/**
 * A text that a pattern finds, for the common ones: literals, classes, groups, alternatives and repetition. It is tried before it is used, so what this
 * reads wrongly is left out and never told.
 */

const LONGEST = 256;
const CLASSES: Readonly<Record<string, string>> = Object.freeze({
  d: '0',
  w: 'a',
  s: ' ',
  D: 'a',
  W: '-',
  S: 'a',
});

/** undefined where the pattern has more to it. */
export function patternSample(source: string): string | undefined {
  const at = { index: 0 };
  const text = alternatives(source.replace(/^\(\?[a-z]+\)/, ''), at, 0);
  return text === undefined || text.length > LONGEST ? undefined : text;
}

interface At {
  index: number;
}

const MOST_DEPTH = 16;

/** The first of them; the others are read over. */
function alternatives(source: string, at: At, depth: number): string | undefined {
  if (depth > MOST_DEPTH) return undefined;
  let first: string | undefined;
  for (;;) {
    const text = sequence(source, at, depth);
    if (text === undefined) return undefined;
    first ??= text;
    if (source[at.index] !== '|') return first;
    at.index += 1;
  }
}

function sequence(source: string, at: At, depth: number): string | undefined {
  let text = '';
  while (at.index < source.length && source[at.index] !== '|' && source[at.index] !== ')') {
    const one = atom(source, at, depth);
    if (one === undefined) return undefined;
    const times = repeated(source, at);
    if (times === undefined || text.length + one.length * times > LONGEST) return undefined;
    text += one.repeat(times);
  }
  return text;
}

function atom(source: string, at: At, depth: number): string | undefined {
  const char = source[at.index++] as string;
  if (char === '^' || char === '$') return '';
  if (char === '.') return 'a';
  if (char === '[') return classed(source, at);
  if (char === '(') {
    const mark = /^\?(:|P?<\w+>)/.exec(source.slice(at.index, at.index + 64));
    if (mark !== null) at.index += mark[0].length;
    else if (source[at.index] === '?') return undefined;
    const text = alternatives(source, at, depth + 1);
    return source[at.index++] === ')' ? text : undefined;
  }
  if (char !== '\\') return char;
  const escaped = source[at.index++];
  if (escaped === undefined) return undefined;
  if (Object.hasOwn(CLASSES, escaped)) return CLASSES[escaped];
  if (escaped === 'A' || escaped === 'z') return '';
  return /[A-Za-z0-9]/.test(escaped) ? undefined : escaped;
}

function classed(source: string, at: At): string | undefined {
  const end = source.indexOf(']', at.index + 1);
  if (end === -1) return undefined;
  const inside = source.slice(at.index, end);
  at.index = end + 1;
  if (inside.startsWith('^') || inside.startsWith('[')) return undefined;
  if (!inside.startsWith('\\')) return inside[0];
  const escaped = inside[1] ?? '';
  return Object.hasOwn(CLASSES, escaped) ? CLASSES[escaped] : escaped;
}

/** How often, at the least; once where it may be none. */
function repeated(source: string, at: At): number | undefined {
  const found = /^(?:[*+?]|\{(\d{1,3})(?:,\d{0,4})?\})\??/.exec(
    source.slice(at.index, at.index + 16),
  );
  if (found === null) return 1;
  at.index += found[0].length;
  return found[1] === undefined ? 1 : Number(found[1]);
}
