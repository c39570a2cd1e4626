/** Why admission refused: a value, with a code from the table and the place as a JSON Pointer (RFC 6901). */
import type { Code } from '../errors.ts';
import { formatPointer } from './json/pointer.ts';

export interface Refusal {
  readonly ok: false;
  readonly code: Code;
  /** For the requester; quotes names that it sent, never values. */
  readonly message: string;
  /** Into what was read; empty for the whole. */
  readonly pointer: string;
}

export const refuse = (code: Code, message: string, pointer = ''): Refusal =>
  Object.freeze({ ok: false, code, message, pointer });

/** One member name as a step of a JSON Pointer. */
export const pointerStep = (name: string): string => formatPointer([name.slice(0, SHOWN)]);

/** A name that the requester sent, fit to be shown: quoted, escaped, short. */
export const shown = (name: string): string => JSON.stringify(name.slice(0, SHOWN).toWellFormed());

const SHOWN = 64;
