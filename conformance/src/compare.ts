/** Holds an answer against what a step expects. Says every difference in words; nothing means that it holds. */
import { isDeepStrictEqual } from 'node:util';
import type { Json, JsonObject } from '@portcullis/wire';
import type { Expect } from './case.ts';

/** A verb's answer: its value, or the error that it threw instead. */
export type Answer =
  | { readonly value: Json }
  | { readonly error: { readonly code: string; readonly status?: number } };

export function compare(expect: Expect, answer: Answer): string[] {
  const wrong: string[] = [];
  const say = (what: string, wanted: unknown, got: unknown): void => {
    if (!isDeepStrictEqual(wanted, got))
      wrong.push(`${what}: expected ${text(wanted)}, got ${text(got)}`);
  };
  if ('error' in answer) {
    const { code, status } = answer.error;
    if (expect.throws === undefined) return [`failed with ${code}, expected an answer`];
    say('throws', expect.throws, code);
    if (expect.http_status !== undefined && status !== undefined)
      say('http_status', expect.http_status, status);
    return wrong;
  }
  const { value } = answer;
  if (expect.throws !== undefined) return [`expected failure ${expect.throws}, got ${text(value)}`];
  const shorthand: [unknown, string][] = [
    [expect.effect, '/decision/effect'],
    [expect.code, '/decision/code'],
    [expect.status, '/outcome/status'],
    [expect.error, '/outcome/error/code'],
    [expect.frame, '/frame/data'],
    [expect.http_status, '/http_status'],
  ];
  for (const [wanted, pointer] of shorthand)
    if (wanted !== undefined) say(pointer, wanted, at(value, pointer));
  for (const [pointer, wanted] of Object.entries(expect.at ?? {}))
    say(pointer, wanted, at(value, pointer));
  for (const pointer of expect.absent ?? [])
    if (at(value, pointer) !== undefined) wrong.push(`${pointer} is there`);
  for (const [pointer, wanted] of Object.entries(expect.contains ?? {}))
    if (!holds(at(value, pointer), wanted))
      wrong.push(`${pointer}: ${text(at(value, pointer))} does not contain ${text(wanted)}`);
  const whole = JSON.stringify(value);
  for (const secret of expect.lacks ?? [])
    if (whole.includes(JSON.stringify(secret).slice(1, -1)))
      wrong.push(`the answer contains ${secret}`);
  return wrong;
}

/** RFC 6901; undefined where nothing is. */
export function at(value: Json, pointer: string): Json | undefined {
  let here: Json | undefined = value;
  for (const part of pointer.split('/').slice(1)) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~');
    if (Array.isArray(here)) here = here[Number(key)];
    else if (here !== null && typeof here === 'object' && Object.hasOwn(here, key))
      here = (here as JsonObject)[key];
    else return undefined;
  }
  return here;
}

function holds(value: Json | undefined, wanted: Json): boolean {
  if (typeof value === 'string') return value.includes(String(wanted));
  return Array.isArray(value) && value.some((item) => isDeepStrictEqual(item, wanted));
}

function text(value: unknown): string {
  const whole = JSON.stringify(value) ?? 'nothing';
  return whole.length > 400 ? `${whole.slice(0, 400)}…` : whole;
}
