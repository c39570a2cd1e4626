/** Patterns over action names: exact, or by dot-separated parts. `fs.*` is one part below fs; `fs.**` is fs and all below. */
import { matchSequence, parseSequence } from './sequence.ts';

export interface ActionPattern {
  readonly text: string;
  /** The name, where the pattern is no more than one. */
  readonly exact: string | undefined;
  /** The literal first part; undefined where the pattern begins with a wildcard. */
  readonly head: string | undefined;
  matches(name: string): boolean;
}

const WRITTEN = /^[a-z0-9_*]+(\.[a-z0-9_*]+)*$/;
const anything = (): boolean => true;

export function parseActionPattern(text: string): ActionPattern | { readonly wrong: string } {
  if (text === '*') {
    return {
      wrong: '* alone is only names of one part; for every action leave `action` out, or write **',
    };
  }
  if (text.length > 256 || !WRITTEN.test(text)) {
    return {
      wrong: 'action names are lower-case letters, digits and _, in parts joined by dots',
    };
  }
  if (!text.includes('*')) {
    return { text, exact: text, head: undefined, matches: (name) => name === text };
  }
  const parts = text.split('.');
  const sequence = parseSequence(parts);
  if ('wrong' in sequence) return sequence;
  const head = parts[0] as string;
  return {
    text,
    exact: undefined,
    head: head.includes('*') ? undefined : head,
    matches: (name) => matchSequence(sequence, name.split('.'), anything),
  };
}
