/** The order of a behaviour rule, as it is written. */
import { parseDuration } from '../value/duration.ts';

/** `a then b within 10 calls`: names of steps in their order, and the bound. Undefined where it is none. */
export function parseSequence(
  text: string,
):
  | { readonly names: readonly string[]; readonly calls: number; readonly time: number }
  | undefined {
  const [row = '', bound, ...more] = text.trim().split(/\s+within\s+/);
  const names = row.split(/\s+then\s+/);
  if (more.length > 0 || !names.every((name) => /^[a-z][a-z0-9_-]*$/.test(name))) return undefined;
  if (bound === undefined)
    return { names, calls: Number.POSITIVE_INFINITY, time: Number.POSITIVE_INFINITY };
  const calls = /^([1-9]\d{0,5}) calls$/.exec(bound)?.[1];
  if (calls !== undefined) return { names, calls: Number(calls), time: Number.POSITIVE_INFINITY };
  const time = parseDuration(bound);
  return time === undefined ? undefined : { names, calls: Number.POSITIVE_INFINITY, time };
}
