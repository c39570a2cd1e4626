/** The functions and methods of expressions, as one table. Each is linear in its arguments and pays before it starts. */

import { parseDuration, parseInstant } from '../../time/index.ts';
import { zoneClock } from '../value/clock.ts';
import { codePoints, find } from '../value/find.ts';
import type { Type } from './types.ts';
import {
  Duration,
  ERROR,
  type Fuel,
  isList,
  isMap,
  type Result,
  spend,
  Timestamp,
  type Value,
} from './values.ts';

export interface Callable {
  /** The receiver first where it is a method. */
  readonly takes: readonly (readonly Type[])[];
  /** How many of them may be left out, from the end. */
  readonly optional?: number;
  readonly returns: Type;
  readonly meaning: string;
  /** Goes over the whole of its first argument. */
  readonly linear?: boolean;
  /** Its result is as large as its argument. */
  readonly large?: boolean;
  /** The last argument is written in the expression, not computed: what is wrong with a text there. */
  readonly written?: (text: string) => string | undefined;
  readonly call: (fuel: Fuel, ...args: Value[]) => Result;
}

const STRING: readonly Type[] = ['string'];
const INT64 = 1n << 63n;

/** In 64 bits, else ERROR. */
export const int64 = (value: bigint): Result => (value >= -INT64 && value < INT64 ? value : ERROR);

/** Units a character, of both texts. */
const onText =
  (units: number, work: (text: string, other: string) => Value) =>
  (fuel: Fuel, text: Value, other: Value = ''): Result =>
    typeof text === 'string' &&
    typeof other === 'string' &&
    spend(fuel, (text.length + other.length) * units + 50)
      ? work(text, other)
      : ERROR;

const ascii = (text: string, pattern: RegExp, change: (run: string) => string): string =>
  text.replace(pattern, change);

const size: Callable = {
  takes: [['string', 'list', 'map']],
  returns: 'int',
  linear: true,
  meaning: 'characters of a string, elements of a list, keys of a map',
  call: (fuel, value) => {
    if (typeof value === 'string')
      return spend(fuel, 2 * value.length) ? BigInt(codePoints(value)) : ERROR;
    if (isList(value)) return BigInt(value.length);
    if (!isMap(value)) return ERROR;
    const keys = Object.keys(value).length;
    return spend(fuel, keys * 150) ? BigInt(keys) : ERROR;
  },
};

/** Called as `size(x)`. */
export const FUNCTIONS: { readonly [name: string]: Callable } = Object.freeze({
  size,
  int: {
    takes: [['int', 'double', 'string', 'timestamp']],
    returns: 'int',
    meaning: 'an integer, cut toward zero; of a timestamp, seconds',
    call: (_fuel, value) => {
      if (typeof value === 'bigint') return value;
      if (typeof value === 'number')
        return Number.isFinite(value) ? int64(BigInt(Math.trunc(value))) : ERROR;
      if (value instanceof Timestamp) return BigInt(Math.floor(value.ms / 1_000));
      return typeof value === 'string' && /^-?\d{1,19}$/.test(value) ? int64(BigInt(value)) : ERROR;
    },
  },
  double: {
    takes: [['int', 'double', 'string']],
    returns: 'double',
    meaning: 'a double',
    call: (_fuel, value) => {
      if (typeof value === 'number' || typeof value === 'bigint') return Number(value);
      if (typeof value !== 'string' || !/^-?\d{1,32}(\.\d{1,32})?([eE][+-]?\d{1,3})?$/.test(value))
        return ERROR;
      return Number(value);
    },
  },
  string: {
    takes: [['string', 'int', 'double', 'bool']],
    returns: 'string',
    large: true,
    meaning: 'the text of it',
    call: (_fuel, value) => (typeof value === 'object' ? ERROR : String(value)),
  },
  timestamp: {
    takes: [STRING],
    returns: 'timestamp',
    meaning: 'an instant, RFC 3339',
    call: (_fuel, text) => {
      const ms = typeof text === 'string' ? parseInstant(text) : undefined;
      return ms === undefined ? ERROR : new Timestamp(ms);
    },
  },
  duration: {
    takes: [STRING],
    returns: 'duration',
    meaning: 'a duration as elsewhere in a policy: 90s, 24h, 1d12h',
    call: (_fuel, text) => {
      const ms = typeof text === 'string' ? parseDuration(text) : undefined;
      return ms === undefined ? ERROR : new Duration(ms);
    },
  },
});

const edge = (meaning: string, work: (text: string, other: string) => boolean): Callable => ({
  takes: [STRING, STRING],
  returns: 'bool',
  meaning,
  call: (fuel, text, other) =>
    typeof text === 'string' && typeof other === 'string' && spend(fuel, other.length + 20)
      ? work(text, other)
      : ERROR,
});

const part = (meaning: string, read: (local: Date) => number): Callable => ({
  takes: [['timestamp'], STRING],
  optional: 1,
  returns: 'int',
  meaning: `${meaning}, in UTC or in the zone named`,
  written: (zone) => (zoneClock(zone) === undefined ? `no such time zone: ${zone}` : undefined),
  call: (_fuel, at, zone = 'UTC') => {
    if (!(at instanceof Timestamp) || typeof zone !== 'string') return ERROR;
    const clock = clockOf(zone);
    return clock === undefined ? ERROR : BigInt(read(new Date(clock.local(at.ms))));
  },
});

const clocks = new Map<string, ReturnType<typeof zoneClock>>();

/** Zones are written in policies, which are few. */
function clockOf(zone: string): ReturnType<typeof zoneClock> {
  let clock = clocks.get(zone);
  if (clock === undefined) {
    clock = zoneClock(zone);
    if (clock !== undefined) clocks.set(zone, clock);
  }
  return clock;
}

/** Called as `x.size()`. `matches` and the macros are the compiler's own. */
export const METHODS: { readonly [name: string]: Callable } = Object.freeze({
  size,
  startsWith: edge('begins with', (text, other) => text.startsWith(other)),
  endsWith: edge('ends with', (text, other) => text.endsWith(other)),
  contains: {
    takes: [STRING, STRING],
    returns: 'bool',
    linear: true,
    meaning: 'has this text in it',
    call: onText(5, (text, other) => find(text, other) >= 0),
  },
  lowerAscii: {
    takes: [STRING],
    returns: 'string',
    linear: true,
    large: true,
    meaning: 'A to Z in lower case',
    call: onText(8, (text) => ascii(text, /[A-Z]+/g, (run) => run.toLowerCase())),
  },
  upperAscii: {
    takes: [STRING],
    returns: 'string',
    linear: true,
    large: true,
    meaning: 'a to z in upper case',
    call: onText(8, (text) => ascii(text, /[a-z]+/g, (run) => run.toUpperCase())),
  },
  getFullYear: part('the year', (d) => d.getUTCFullYear()),
  getMonth: part('the month, from 0', (d) => d.getUTCMonth()),
  getDate: part('the day of the month, from 1', (d) => d.getUTCDate()),
  getDayOfMonth: part('the day of the month, from 0', (d) => d.getUTCDate() - 1),
  getDayOfWeek: part('the day of the week, from 0 for Sunday', (d) => d.getUTCDay()),
  getHours: part('the hour', (d) => d.getUTCHours()),
  getMinutes: part('the minute', (d) => d.getUTCMinutes()),
});
