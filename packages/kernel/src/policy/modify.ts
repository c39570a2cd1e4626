/**
 * What a modify rule does to parameters: pure, by JSON Pointer, own properties only. A change that cannot be made, for the value is
 * missing or of another type, makes the rule unknown; it is never made in part.
 */
import type { Json, JsonObject } from '@portcullis/wire';
import { arrayIndex, type Pointer, parsePointer } from '../action/json/pointer.ts';
import type { Change } from './document/schema.ts';

type Changed = { readonly value: Json | undefined } | 'impossible';

/** The parameters with every change made: the same object where nothing changes. Throws TypeError where one cannot be made. */
export function applyModification(
  params: Readonly<JsonObject>,
  set: Readonly<JsonObject>,
): Readonly<JsonObject> {
  const changed = modified(params, set as Readonly<Record<string, Change>>);
  if (changed === undefined) throw new TypeError('a modification does not fit the parameters');
  return changed;
}

/** undefined where a change cannot be made. */
export function modified(
  params: Readonly<JsonObject>,
  set: Readonly<Record<string, Change>>,
): Readonly<JsonObject> | undefined {
  let current: Json = params as JsonObject;
  for (const [text, change] of Object.entries(set)) {
    const pointer = parsePointer(text);
    if (pointer === undefined) return undefined;
    const next = at(current, pointer, 0, change);
    if (next === 'impossible') return undefined;
    current = next.value as JsonObject;
  }
  return current as JsonObject;
}

function at(value: Json | undefined, pointer: Pointer, depth: number, change: Change): Changed {
  if (depth === pointer.length) return changeValue(value, change);
  if (typeof value !== 'object' || value === null) {
    return 'remove' in change ? { value } : 'impossible';
  }
  const part = pointer[depth] as string;
  return Array.isArray(value)
    ? inList(value, part, pointer, depth, change)
    : inObject(value, part, pointer, depth, change);
}

function inList(
  list: readonly Json[],
  part: string,
  pointer: Pointer,
  depth: number,
  change: Change,
): Changed {
  const index = arrayIndex(part);
  const missing = index === undefined || index >= list.length;
  if (missing) return 'remove' in change ? { value: list as Json[] } : 'impossible';
  const inner = at(list[index], pointer, depth + 1, change);
  if (inner === 'impossible') return inner;
  if (inner.value === list[index]) return { value: list as Json[] };
  const copy = [...list];
  if (inner.value === undefined) copy.splice(index, 1);
  else copy[index] = inner.value;
  return { value: copy };
}

function inObject(
  object: Readonly<JsonObject>,
  part: string,
  pointer: Pointer,
  depth: number,
  change: Change,
): Changed {
  const before = Object.hasOwn(object, part) ? (object[part] as Json) : undefined;
  const inner = at(before, pointer, depth + 1, change);
  if (inner === 'impossible') return inner;
  if (inner.value === before) return { value: object as JsonObject };
  const kept = Object.entries(object).filter(([key]) => key !== part);
  // Made from entries: `__proto__` is a name like any other.
  if (inner.value === undefined) return { value: Object.fromEntries(kept) };
  return { value: Object.fromEntries([...kept, [part, inner.value]]) };
}

function changeValue(value: Json | undefined, change: Change): Changed {
  if (change.remove === true) return { value: undefined };
  if (change.value !== undefined) {
    return { value: sameJson(value, change.value) ? value : change.value };
  }
  if (Array.isArray(value)) {
    const bounded = value.map((element) => bound(element, change));
    if (bounded.includes(undefined)) return 'impossible';
    const same = bounded.every((element, index) => element === value[index]);
    return { value: same ? value : (bounded as Json[]) };
  }
  const bounded = bound(value, change);
  return bounded === undefined ? 'impossible' : { value: bounded };
}

function bound(value: Json | undefined, { cap, floor }: Change): number | undefined {
  if (typeof value !== 'number') return undefined;
  const least = floor === undefined ? value : Math.max(value, floor);
  return cap === undefined ? least : Math.min(least, cap);
}

function sameJson(a: Json | undefined, b: Json): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = Object.keys(b);
  return (
    keys.length === Object.keys(a).length &&
    keys.every(
      (key) =>
        Object.hasOwn(a, key) && sameJson((a as JsonObject)[key], (b as JsonObject)[key] as Json),
    )
  );
}
