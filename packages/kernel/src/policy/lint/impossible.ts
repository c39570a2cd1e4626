/** Conditions that no action fulfils: a bound above its bound, an empty list, two demands that exclude each other. */

import { parseDuration } from '../../time/duration.ts';
import {
  type Invariant,
  isPermission,
  type ParamTests,
  type Rule,
  type When,
} from '../document/schema.ts';
import { many } from '../document/terms.ts';

export interface Finding {
  readonly path: readonly string[];
  readonly message: string;
}

export function impossibleRule({ when = {}, effect, then }: Rule): Finding[] {
  const found: Finding[] = [];
  const say = (message: string, ...path: string[]): void => {
    found.push({ path, message });
  };
  for (const [pointer, tests] of Object.entries(when.params ?? {})) {
    if (pointer === 'other') continue;
    const why = impossibleTests(tests as ParamTests);
    if (why !== undefined) say(why, 'when', 'params', pointer);
  }
  for (const [path, list] of lists(when)) {
    if (list.length === 0) say('an empty list fits nothing', 'when', ...path);
  }
  const { session } = when;
  if (session?.quarantined === true && isPermission(effect)) {
    say(
      'a quarantined session is refused before the rules are read, unless only reads are let through',
      'when',
      'session',
      'quarantined',
    );
  }
  const approvers = many(then?.approvers);
  if (then?.quorum !== undefined && approvers.length > 0) {
    const people = approvers.filter((approver) => !approver.startsWith('role:'));
    if (people.length === approvers.length && then.quorum > people.length) {
      say(
        `a quorum of ${then.quorum} cannot come from ${people.length} approvers`,
        'then',
        'quorum',
      );
    }
  }
  return found;
}

function lists(when: When): [string[], readonly unknown[]][] {
  const found: [string[], readonly unknown[]][] = [];
  const add = (path: string[], value: unknown): void => {
    if (Array.isArray(value)) found.push([path, value]);
  };
  const { resource, principal = {}, env = {} } = when;
  add(['resource'], typeof resource === 'object' && 'glob' in resource ? resource.glob : resource);
  for (const [key, value] of Object.entries(principal)) add(['principal', key], value);
  for (const [key, value] of Object.entries(principal.attributes ?? {})) {
    add(['principal', 'attributes', key], value);
  }
  for (const [key, value] of Object.entries(env)) add(['env', key], value);
  return found;
}

const NUMERIC = ['min', 'max', 'over', 'under'] as const;
const TEXTUAL = ['prefix', 'suffix', 'contains', 'matches', 'glob'] as const;

function impossibleTests(tests: ParamTests): string | undefined {
  const { min, max, over, under, length, present } = tests;
  if (min !== undefined && max !== undefined && min > max)
    return `min ${min} is more than max ${max}`;
  const low = Math.max(min ?? -Infinity, over ?? -Infinity);
  const high = Math.min(max ?? Infinity, under ?? Infinity);
  if (low > high || (low === high && (low === over || high === under))) {
    return `nothing is between ${low} and ${high}`;
  }
  if (length?.min !== undefined && length.max !== undefined && length.min > length.max) {
    return `a length of at least ${length.min} is not at most ${length.max}`;
  }
  if (tests.in?.length === 0) return 'an empty list has nothing in it';
  if (present === false && Object.keys(tests).length > 1) {
    return 'what is not given has no value to be tested';
  }
  return differentTypes(tests) ?? outsideBounds(tests, low, high);
}

function differentTypes(tests: ParamTests): string | undefined {
  const types = new Set<string>();
  if (NUMERIC.some((key) => tests[key] !== undefined)) types.add('number');
  if (TEXTUAL.some((key) => tests[key] !== undefined)) types.add('string');
  if (tests.eq !== undefined) types.add(tests.eq === null ? 'null' : typeof tests.eq);
  for (const list of [tests.in, tests.not_in]) {
    if (list?.[0] !== undefined) types.add(list[0] === null ? 'null' : typeof list[0]);
  }
  return types.size > 1
    ? `no value is of the types ${[...types].join(' and ')} at once`
    : undefined;
}

function outsideBounds(tests: ParamTests, low: number, high: number): string | undefined {
  const values = tests.eq === undefined ? tests.in : [tests.eq];
  const numbers = values?.filter((value) => typeof value === 'number');
  if (numbers === undefined || numbers.length === 0) return undefined;
  const inside = numbers.some((value) => value >= low && value <= high);
  return inside ? undefined : 'none of the values is within the bounds';
}

export function impossibleInvariant(invariant: Invariant): string | undefined {
  const { min, max } = invariant;
  if (min !== undefined && max !== undefined && min > max)
    return `min ${min} is more than max ${max}: this denies always`;
  if (invariant.in?.length === 0) return 'an empty list has nothing in it: this denies always';
  if (invariant.allowed_actions !== undefined && many(invariant.allowed_actions).length === 0) {
    return 'no action is allowed: this denies always';
  }
  if (
    invariant.session?.age_max !== undefined &&
    (parseDuration(invariant.session.age_max) ?? 0) < 1_000
  ) {
    return 'no session is that young: this denies always';
  }
  return undefined;
}
