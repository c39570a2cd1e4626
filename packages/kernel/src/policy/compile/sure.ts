/** What compiling may rely on, because the schema has checked it; a TypeError says that it has not. */
import { type ActionPattern, parseActionPattern } from '../glob/action.ts';

export function sure<T>(value: T | undefined): T {
  if (value === undefined) throw new TypeError('the schema let something through');
  return value;
}

export function sureAction(text: string): ActionPattern {
  const pattern = parseActionPattern(text);
  if ('wrong' in pattern) throw new TypeError(pattern.wrong);
  return pattern;
}
