/** The order of a behaviour rule, as it is written. */
import { parseDuration } from '../../time/duration.ts';

export interface ParsedSequence {
  /** Names of steps in their order. */
  readonly names: readonly string[];
  /** Of each step but the first, whether the data of the one before has to be in it. */
  readonly arrows: readonly boolean[];
  /** Infinite where no bound of its kind is said. */
  readonly calls: number;
  readonly time: number;
}

/** `a then b -> c within 10 calls`. Undefined where it is none. */
export function parseSequence(text: string): ParsedSequence | undefined {
  const [row = '', bound, ...more] = text.trim().split(/\s+within\s+/);
  const parts = row.split(/\s+(then)\s+|\s*(->)\s*/).filter((part) => part !== undefined);
  const names = parts.filter((_, index) => index % 2 === 0);
  const arrows = parts.filter((_, index) => index % 2 === 1).map((link) => link === '->');
  if (more.length > 0 || !names.every((name) => /^[a-z][a-z0-9_-]*$/.test(name))) return undefined;
  const calls = Number.POSITIVE_INFINITY;
  const time = Number.POSITIVE_INFINITY;
  if (bound === undefined) return { names, arrows, calls, time };
  const most = /^([1-9]\d{0,5}) calls$/.exec(bound)?.[1];
  if (most !== undefined) return { names, arrows, calls: Number(most), time };
  const within = parseDuration(bound);
  return within === undefined ? undefined : { names, arrows, calls, time: within };
}
