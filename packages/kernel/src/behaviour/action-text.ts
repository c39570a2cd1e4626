/** Everything that an action says: its resource, and the names and values of its parameters, each as text. Bounded: what is past the bounds is said to be so. */
import type { Json } from '@portcullis/wire';
import type { Action } from '../action/types.ts';
import type { ActionLabels } from '../flow/label-files/label-set.ts';
import { at } from '../flow/leaves.ts';
import { isTyped, type Typed } from './output-index.ts';

const DEEPEST = 64;
const MOST = 10_000;
/** A name that a tool gave to a field. */
export const FIELD = /^[A-Za-z_-]{0,24}$/;
const MOST_CUTS = 200;
const LONGEST_CUT = 128;

export interface ActionText {
  readonly texts: readonly string[];
  /** Without the plain names of fields, which say nothing. */
  readonly own: readonly string[];
  /** Values side by side, written as one: what was cut in two. */
  readonly cuts: readonly string[];
  /** Without what only picks a thing or a place: what of a call may come back out of it. */
  readonly passed: readonly string[];
  /** There is more than was read. */
  readonly more: boolean;
}

export function actionTextOf(action: Action, labels: ActionLabels | undefined): ActionText {
  const texts: string[] = [];
  const values: string[] = [];
  const odd: string[] = [];
  const walk = (value: Json | undefined, depth: number): boolean => {
    if (value === null || value === undefined || typeof value === 'boolean') return true;
    if (texts.length >= MOST || depth > DEEPEST) return false;
    if (typeof value !== 'object') {
      texts.push(String(value));
      values.push(String(value));
      return true;
    }
    if (Array.isArray(value)) return value.every((inner) => walk(inner, depth + 1));
    return Object.entries(value).every(([key, inner]) => {
      texts.push(key);
      if (!FIELD.test(key)) odd.push(key);
      return walk(inner, depth + 1);
    });
  };
  const whole = walk(action.params as Json, 0);
  const { value, kind } = action.resource;
  const picks = new Set<string>();
  for (const { steps, role } of labels?.args ?? []) {
    if (role === 'payload' || role === 'credential') continue;
    for (const [, picked] of at(action.params as Json, steps)) picks.add(picked);
  }
  const passed = picks.size === 0 ? [...texts] : texts.filter((text) => !picks.has(text));
  // An address on the web may be all that is said; elsewhere a resource is what was picked.
  if (kind === 'http') passed.push(value);
  texts.push(value);
  const own = [...values, ...odd, value];
  return { texts, own, cuts: cutsOf(values), passed, more: !whole };
}

function cutsOf(values: readonly string[]): readonly string[] {
  const cuts: string[] = [];
  for (let i = 1; i < values.length && i <= MOST_CUTS; i++) {
    const cut = `${values[i - 1]}${values[i]}`;
    if (cut.length <= LONGEST_CUT) cuts.push(cut);
  }
  return cuts;
}

/** What of it may come back out of the call. */
export const passedThrough = ({ passed, more }: ActionText): ActionText => ({
  texts: passed,
  own: passed,
  cuts: [],
  passed,
  more,
});

/** Whether it says anything that the user did not type. */
export const hasUntyped = ({ own, more }: ActionText, typed: Typed): boolean =>
  more || own.some((text) => !isTyped(text, typed));
