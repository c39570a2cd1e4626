/** Walks values down to their leaves. Bounded in depth and in number: what is past the bounds is said to be so. */
import type { Json } from '@portcullis/wire';

const DEEPEST = 64;
export const MOST_LEAVES = 100_000;

/** The steps that lead to an action's resource instead of into its params. No pointer has this step. */
export const RESOURCE: readonly string[] = Object.freeze(['\0resource']);

/** The value at every place that the steps lead to; `*` is every element or member, and every leaf below counts. */
export function* at(
  value: Json | undefined,
  steps: readonly string[],
  path = '',
): Generator<[string, string]> {
  if (value === undefined) return;
  const [step, ...rest] = steps;
  if (step === undefined) {
    yield* below(value, path, 0);
    return;
  }
  if (value === null || typeof value !== 'object') {
    // A scalar where a list was declared is judged as its only element.
    if (step === '*') yield* below(value, path, 0);
    return;
  }
  if (step === '*') {
    for (const [key, inner] of Object.entries(value)) yield* at(inner, rest, `${path}/${key}`);
  } else if (Object.hasOwn(value, step)) {
    yield* at((value as Record<string, Json>)[step], rest, `${path}/${step}`);
  } else if (Array.isArray(value)) {
    for (const [i, inner] of value.entries()) yield* at(inner, steps, `${path}/${i}`);
  }
}

/** Every leaf as text with its place. */
function* below(value: Json, path: string, depth: number): Generator<[string, string]> {
  if (value === null || typeof value === 'boolean') return;
  if (typeof value !== 'object') {
    yield [path, String(value)];
    return;
  }
  if (depth >= DEEPEST) {
    yield [path, JSON.stringify(value)];
    return;
  }
  for (const [key, inner] of Object.entries(value))
    yield* below(inner, `${path}/${key}`, depth + 1);
}
