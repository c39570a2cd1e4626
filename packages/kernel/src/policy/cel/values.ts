/**
 * The values of expressions, and what holds between two of them. A JSON number is a double, a literal without a point an integer;
 * they compare by value. Anything else of different types does not compare: the answer is ERROR, never false.
 */

/** What an expression comes to when it cannot say: absorbed by && and || where the other side decides. */
export const ERROR: unique symbol = Symbol('error');
export type Errs = typeof ERROR;

/** Milliseconds since the epoch. */
export class Timestamp {
  readonly ms: number;
  constructor(ms: number) {
    this.ms = ms;
  }
}

/** Milliseconds. */
export class Duration {
  readonly ms: number;
  constructor(ms: number) {
    this.ms = ms;
  }
}

export type Value =
  | null
  | boolean
  | number
  | bigint
  | string
  | readonly Value[]
  | { readonly [key: string]: Value }
  | Timestamp
  | Duration;

export type Result = Value | Errs;

/** What an evaluation may spend: about a nanosecond a unit. Spent, every step is ERROR. */
export interface Fuel {
  left: number;
}

export function spend(fuel: Fuel, units: number): boolean {
  fuel.left -= units;
  return fuel.left >= 0;
}

const isNumber = (value: Result): value is number | bigint =>
  typeof value === 'number' || typeof value === 'bigint';

export const isList = (value: Result): value is readonly Value[] => Array.isArray(value);

export const isMap = (value: Result): value is { readonly [key: string]: Value } =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  !(value instanceof Timestamp) &&
  !(value instanceof Duration);

/** Equality by value; of lists and maps, Kleene's AND over their parts. */
export function equal(a: Result, b: Result, fuel: Fuel): boolean | Errs {
  if (a === ERROR || b === ERROR || !spend(fuel, 45)) return ERROR;
  if (a === b) return true;
  // biome-ignore lint/suspicious/noDoubleEquals: an integer and a double of one value are equal.
  if (isNumber(a) && isNumber(b)) return a == b;
  if (typeof a === 'string' && typeof b === 'string') {
    return a.length !== b.length ? false : spend(fuel, a.length) ? a === b : ERROR;
  }
  if (typeof a === 'boolean' && typeof b === 'boolean') return a === b;
  if (a instanceof Timestamp && b instanceof Timestamp) return a.ms === b.ms;
  if (a instanceof Duration && b instanceof Duration) return a.ms === b.ms;
  if (isList(a) && isList(b)) return equalLists(a, b, fuel);
  if (isMap(a) && isMap(b)) return equalMaps(a, b, fuel);
  return ERROR;
}

function equalLists(a: readonly Value[], b: readonly Value[], fuel: Fuel): boolean | Errs {
  if (a.length !== b.length) return false;
  let errs = false;
  for (let i = 0; i < a.length; i++) {
    const same = equal(a[i] as Value, b[i] as Value, fuel);
    if (same === false) return false;
    if (same === ERROR) {
      if (fuel.left < 0) return ERROR;
      errs = true;
    }
  }
  return errs ? ERROR : true;
}

function equalMaps(
  a: { readonly [key: string]: Value },
  b: { readonly [key: string]: Value },
  fuel: Fuel,
): boolean | Errs {
  const keys = Object.keys(a);
  if (!spend(fuel, keys.length * 350)) return ERROR;
  if (keys.length !== Object.keys(b).length) return false;
  if (!keys.every((key) => Object.hasOwn(b, key))) return false;
  return equalLists(
    keys.map((key) => a[key] as Value),
    keys.map((key) => b[key] as Value),
    fuel,
  );
}

/** Less than zero, zero or more, as in sorting; ERROR where the two have no order. */
export function order(a: Result, b: Result, fuel: Fuel): number | Errs {
  if (!spend(fuel, 10)) return ERROR;
  if (isNumber(a) && isNumber(b)) return a < b ? -1 : a > b ? 1 : 0;
  if (typeof a === 'string' && typeof b === 'string') {
    if (!spend(fuel, 6 * Math.min(a.length, b.length))) return ERROR;
    return orderStrings(a, b);
  }
  if (a instanceof Timestamp && b instanceof Timestamp) return a.ms - b.ms;
  if (a instanceof Duration && b instanceof Duration) return a.ms - b.ms;
  return ERROR;
}

/** By code points, which UTF-16 units are not in the order of: surrogates stand above what is above them. */
function orderStrings(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x === y) continue;
    const high = (unit: number) =>
      unit >= 0xe000 ? unit - 0x2000 : unit >= 0xd800 ? unit + 0x2000 : unit;
    return high(x) - high(y);
  }
  return a.length - b.length;
}
