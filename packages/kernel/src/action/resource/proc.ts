/**
 * A program: a bare name that the provider looks up, or an absolute path, kept as it is (programs act by the name they are called, so
 * links are not resolved). Its arguments are `params.args`, never part of the resource.
 */
import type { Json } from '@portcullis/wire';
import { type Refusal, refuse } from '../refusal.ts';
import { isVisible } from '../text.ts';
import { badResource, type Named, named } from './named.ts';

const LONGEST = 4_096;

export function canonicalProgram(raw: string): Named | Refusal {
  if (raw.length === 0) return badResource('a program has a name');
  if (raw.length > LONGEST) return badResource(`longer than ${LONGEST} characters`);
  if (!isVisible(raw)) return badResource('holds a control character or one that does not show');
  if (raw.startsWith('-')) return badResource('a program name does not begin with -');
  if (!raw.includes('/')) {
    if (raw === '.' || raw === '..') return badResource('not a program name');
    // A whole command line is the usual mistake; a program whose name has a space is named by its path.
    if (/\s/.test(raw))
      return badResource('name the program only; its arguments go into params.args');
    return named(raw);
  }
  if (!raw.startsWith('/')) return badResource('a program is a bare name or an absolute path');
  if (/\/(?:\.{0,2}(?:\/|$))/.test(raw)) {
    return badResource('a program path has no empty, . or .. parts');
  }
  return named(raw);
}

/** `params.args`, where present, is a list of strings without NUL: what policy reads is what the program gets. */
export function checkArguments(args: Json | undefined): Refusal | undefined {
  if (args === undefined) return undefined;
  if (!Array.isArray(args))
    return refuse('invalid_params', 'args is a list of strings', '/params/args');
  for (let at = 0; at < args.length; at++) {
    const argument = args[at];
    if (typeof argument !== 'string' || argument.includes('\0')) {
      return refuse(
        'invalid_params',
        'args is a list of strings without NUL',
        `/params/args/${at}`,
      );
    }
  }
  return undefined;
}
