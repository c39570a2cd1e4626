/** What an expansion asks for: read once and held to its bounds, then rows filtered, paged and cut down to members, in that order. */
import type { ExpandQuery, Json } from '@portcullis/wire';
import { stepsOf } from '../action/json/pointer.ts';
import { isPlainObject } from '../action/plain.ts';
import { PortcullisError } from '../errors.ts';
import { pick } from '../frame/rows.ts';

export interface Query {
  readonly offset: number;
  readonly limit: number;
  readonly fields: ReadonlySet<string> | undefined;
  readonly filter: readonly Test[];
}

interface Test {
  /** The members to follow from the row. */
  readonly steps: readonly string[];
  readonly wanted: Json;
}

const MOST_ROWS = 10_000;
const MOST_NAMES = 100;
const LONGEST_NAME = 1_024;
const MEMBERS = ['offset', 'limit', 'fields', 'filter'];

const wrong = (message: string): never => {
  throw new PortcullisError('malformed_request', message);
};

export function readQuery(given: ExpandQuery | undefined): Query {
  const query: Record<string, unknown> = isObject(given ?? {}, 'query');
  for (const name of Object.keys(query))
    if (!MEMBERS.includes(name))
      throw new PortcullisError('unknown_field', `a query has ${MEMBERS.join(', ')}`);
  return {
    offset: whole(query.offset ?? 0, 'offset', 0, Number.MAX_SAFE_INTEGER),
    limit: whole(query.limit ?? MOST_ROWS, 'limit', 1, MOST_ROWS),
    fields: query.fields === undefined ? undefined : new Set(names(query.fields)),
    filter: query.filter === undefined ? [] : tests(query.filter),
  };
}

function isObject(value: unknown, what: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && isPlainObject(value)) return value;
  return wrong(`${what} is an object`);
}

function whole(value: unknown, name: string, least: number, most: number): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least && value <= most)
    return value;
  return wrong(`${name} is a whole number from ${least} to ${most}`);
}

function names(value: unknown): string[] {
  const good =
    Array.isArray(value) &&
    value.length <= MOST_NAMES &&
    value.every((name) => typeof name === 'string' && name.length <= LONGEST_NAME);
  return good ? (value as string[]) : wrong(`fields are at most ${MOST_NAMES} names`);
}

function tests(value: unknown): readonly Test[] {
  const filter = isObject(value, 'filter');
  const places = Object.keys(filter);
  if (places.length > MOST_NAMES) wrong(`a filter has at most ${MOST_NAMES} members`);
  return places.map((place) => {
    const wanted = filter[place];
    const scalar = wanted === null || ['string', 'number', 'boolean'].includes(typeof wanted);
    if (!scalar || place.length > LONGEST_NAME)
      wrong('a filter has names or JSON Pointers, and texts, numbers, true, false or null');
    return { steps: wayTo(place), wanted: wanted as Json };
  });
}

/** RFC 6901 where it begins with a slash, else the name of a member. */
const wayTo = (place: string): readonly string[] =>
  place.startsWith('/') ? stepsOf(place) : [place];

/** Rows that are no object have no members, and so no filter finds them. */
export function finds(query: Query, row: Json): boolean {
  return query.filter.every(({ steps, wanted }) => {
    let value: Json | undefined = row;
    for (const step of steps) {
      if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return false;
      // Of a list its elements, and not what else a list has.
      if (Array.isArray(value) && !/^\d+$/.test(step)) return false;
      value = (value as { [key: string]: Json })[step];
    }
    return value === wanted;
  });
}

export function shown(query: Query, row: Json): Json {
  if (query.fields === undefined || typeof row !== 'object' || row === null || Array.isArray(row))
    return row;
  return pick(row, query.fields);
}
