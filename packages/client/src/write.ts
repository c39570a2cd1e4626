/**
 * From a request to its text. JSON has no place for some of what JavaScript can hold, and JSON.stringify changes it in
 * silence (NaN to null, a Map to {}): such a request is refused here, with the code that the kernel would give it.
 */
import type { JsonObject } from '@portcullis/wire';
import { PortcullisError } from './errors.ts';

const MAX_DEPTH = 40;

export function write(request: object): string {
  check(request, '', 0);
  return JSON.stringify(request as JsonObject);
}

function check(value: unknown, at: string, depth: number): void {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return;
    case 'number':
      if (!Number.isFinite(value)) refuse('inexact_number', `${at || 'the request'} is ${value}`);
      return;
    case 'object':
      break;
    default:
      refuse(
        'malformed_request',
        `${at || 'the request'} is a ${typeof value}, which JSON cannot hold`,
      );
  }
  if (value === null) return;
  if (depth >= MAX_DEPTH) refuse('too_deep', `the request nests deeper than ${MAX_DEPTH}`);
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) check(value[i], `${at}/${i}`, depth + 1);
    return;
  }
  const prototype = Object.getPrototypeOf(value);
  if ((prototype !== Object.prototype && prototype !== null) || 'toJSON' in (value as object))
    refuse('malformed_request', `${at || 'the request'} is not a plain object`);
  for (const key of Object.keys(value as object)) {
    const member = (value as Record<string, unknown>)[key];
    if (member !== undefined) check(member, `${at}/${key}`, depth + 1);
  }
}

function refuse(code: string, message: string): never {
  throw new PortcullisError(code, message, { status: 400, retry: 'after_change' });
}
