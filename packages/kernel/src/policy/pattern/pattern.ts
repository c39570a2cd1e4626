/**
 * Patterns of the policy language: RE2 syntax, found anywhere in the text as in CEL's `matches`, compiled at load. Every test is
 * linear in the text, and bounded: what would take too long is not tried and answers undefined.
 */
import { RE2JS } from 're2js';
import { denseTable } from './dense.ts';

export interface Pattern {
  readonly source: string;
  /** undefined where the text is longer than the pattern can take in the time allowed. */
  test(text: string): boolean | undefined;
  /** The longest text that is tested, in UTF-16 units; Infinity where the pattern is one table. */
  readonly longest: number;
  /** Whether it can match nothing but a whole text. */
  readonly anchored: boolean;
}

const LONGEST_SOURCE = 1_024;
/** Program size times text length that the engine's own automaton is given where there is no table. */
const WORK = 50_000;

export function compilePattern(source: string): Pattern | { readonly wrong: string } {
  if (source.length > LONGEST_SOURCE) {
    return { wrong: `a pattern has at most ${LONGEST_SOURCE} characters` };
  }
  let compiled: RE2JS;
  try {
    compiled = RE2JS.compile(source);
  } catch (error) {
    return { wrong: error instanceof Error ? error.message : 'not a pattern' };
  }
  const anchored = isAnchored(source);
  const dense = denseTable(compiled);
  if (dense !== undefined) {
    return { source, longest: Number.POSITIVE_INFINITY, anchored, test: dense.test };
  }
  const longest = Math.floor(WORK / compiled.programSize());
  return {
    source,
    longest,
    anchored,
    test: (text) => (text.length <= longest ? compiled.test(text) : undefined),
  };
}

/** Begins and ends with an anchor, and has no alternative outside of a group that could do without. */
function isAnchored(source: string): boolean {
  if (!/^(\(\?[a-z]+\))?(\^|\\A)/.test(source)) return false;
  if (!/(^|[^\\])(\$|\\z)$/.test(source)) return false;
  let depth = 0;
  let inClass = false;
  for (let i = 0; i < source.length; i++) {
    const char = source[i];
    if (char === '\\') i++;
    else if (inClass) inClass = char !== ']';
    else if (char === '[') inClass = true;
    else if (char === '(') depth++;
    else if (char === ')') depth--;
    else if (char === '|' && depth === 0) return false;
  }
  return true;
}
