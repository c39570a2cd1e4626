/** Arithmetic and comparison, typed as in CEL: integers in 64 bits with integers, doubles with doubles, nothing in between. */
import { int64 } from './functions.ts';
import type { Type } from './types.ts';
import {
  Duration,
  ERROR,
  equal,
  type Fuel,
  isList,
  isMap,
  order,
  type Result,
  spend,
  Timestamp,
} from './values.ts';

export type Operator = (a: Result, b: Result, fuel: Fuel) => Result;

const ordered =
  (holds: (order: number) => boolean): Operator =>
  (a, b, fuel) => {
    const sign = order(a, b, fuel);
    if (sign === ERROR) return ERROR;
    // NaN has no order with anything.
    if (Number.isNaN(a as number) || Number.isNaN(b as number)) return false;
    return holds(sign);
  };

const not = (value: boolean | typeof ERROR): Result => (value === ERROR ? ERROR : !value);

const numeric =
  (ints: (a: bigint, b: bigint) => Result, doubles: (a: number, b: number) => Result): Operator =>
  (a, b) => {
    if (typeof a === 'number' && typeof b === 'number') return doubles(a, b);
    return typeof a === 'bigint' && typeof b === 'bigint' ? ints(a, b) : ERROR;
  };

const addNumbers = numeric(
  (a, b) => int64(a + b),
  (a, b) => a + b,
);
const subtractNumbers = numeric(
  (a, b) => int64(a - b),
  (a, b) => a - b,
);

const add: Operator = (a, b, fuel) => {
  if (typeof a === 'string' && typeof b === 'string') {
    return spend(fuel, a.length + b.length) ? a + b : ERROR;
  }
  if (isList(a) && isList(b)) {
    return spend(fuel, 10 * (a.length + b.length)) ? [...a, ...b] : ERROR;
  }
  if (a instanceof Timestamp && b instanceof Duration) return new Timestamp(a.ms + b.ms);
  if (a instanceof Duration && b instanceof Timestamp) return new Timestamp(a.ms + b.ms);
  if (a instanceof Duration && b instanceof Duration) return new Duration(a.ms + b.ms);
  return addNumbers(a, b, fuel);
};

const subtract: Operator = (a, b, fuel) => {
  if (a instanceof Timestamp && b instanceof Timestamp) return new Duration(a.ms - b.ms);
  if (a instanceof Timestamp && b instanceof Duration) return new Timestamp(a.ms - b.ms);
  if (a instanceof Duration && b instanceof Duration) return new Duration(a.ms - b.ms);
  return subtractNumbers(a, b, fuel);
};

/** Kleene's OR over the elements of a list; of a map, whether it has the key. */
const within: Operator = (value, among, fuel) => {
  if (value === ERROR) return ERROR;
  if (isMap(among)) return typeof value === 'string' ? Object.hasOwn(among, value) : ERROR;
  if (!isList(among)) return ERROR;
  let errs = false;
  for (const element of among) {
    const same = equal(value, element, fuel);
    if (same === true) return true;
    if (same === ERROR) {
      if (fuel.left < 0) return ERROR;
      errs = true;
    }
  }
  return errs ? ERROR : false;
};

export const OPERATORS: { readonly [symbol: string]: Operator } = Object.freeze({
  '==': equal,
  '!=': (a, b, fuel) => not(equal(a, b, fuel)),
  '<': ordered((sign) => sign < 0),
  '<=': ordered((sign) => sign <= 0),
  '>': ordered((sign) => sign > 0),
  '>=': ordered((sign) => sign >= 0),
  in: within,
  '+': add,
  '-': subtract,
  '*': numeric(
    (a, b) => int64(a * b),
    (a, b) => a * b,
  ),
  '/': numeric(
    (a, b) => (b === 0n ? ERROR : int64(a / b)),
    (a, b) => a / b,
  ),
  '%': numeric(
    (a, b) => (b === 0n ? ERROR : a % b),
    () => ERROR,
  ),
});

const TIMES: readonly Type[] = ['timestamp', 'duration'];
const isNumeric = (type: Type): boolean => type === 'int' || type === 'double';

/** The type of the outcome; undefined where the operator never has one on these types. */
export function operatorType(symbol: string, a: Type, b: Type): Type | undefined {
  if (symbol === '==' || symbol === '!=') return comparable(a, b) ? 'bool' : undefined;
  if (symbol === 'in') {
    if (b !== 'list' && b !== 'map' && b !== 'json') return undefined;
    return b === 'map' && a !== 'string' && a !== 'json' ? undefined : 'bool';
  }
  if (/[<>]/.test(symbol)) {
    const has = (type: Type) =>
      type === 'json' || isNumeric(type) || type === 'string' || TIMES.includes(type);
    return has(a) && has(b) && comparable(a, b) ? 'bool' : undefined;
  }
  return arithmeticType(symbol, a, b);
}

function comparable(a: Type, b: Type): boolean {
  return a === b || (isNumeric(a) && isNumeric(b)) || isJson(a, b) || isJson(b, a);
}

/** What comes from JSON is never a time. */
const isJson = (a: Type, b: Type): boolean => a === 'json' && !TIMES.includes(b);

function arithmeticType(symbol: string, a: Type, b: Type): Type | undefined {
  // Numbers in JSON are doubles: with an integer there is no sum.
  if (a === 'json' || b === 'json') {
    const other = a === 'json' ? b : a;
    if (other === 'json') return symbol === '%' ? undefined : 'json';
    if (other === 'double') return symbol === '%' ? undefined : 'double';
    return symbol === '+' && (other === 'string' || other === 'list') ? other : undefined;
  }
  if (a === b && a === 'int') return 'int';
  if (a === b && a === 'double') return symbol === '%' ? undefined : 'double';
  if (symbol === '+') {
    if (a === b && (a === 'string' || a === 'list' || a === 'duration')) return a;
    if (TIMES.includes(a) && TIMES.includes(b) && a !== b) return 'timestamp';
  }
  if (symbol === '-' && TIMES.includes(a) && TIMES.includes(b)) {
    if (a === b) return 'duration';
    return a === 'timestamp' ? 'timestamp' : undefined;
  }
  return undefined;
}
