/**
 * Values that meet tests of the policy language: what a plan is tried with before anybody is told of it. They are made of what the tests say and never of
 * what was asked for, so that no argument of a request comes back in the help for it.
 */
import type { Json, JsonObject } from '@portcullis/wire';
import { paramTest } from '../policy/compile/params.ts';
import type { ParamTests } from '../policy/document/schema.ts';
import { compileResource } from '../policy/glob/resource.ts';
import type { Change } from '../policy/remedy.ts';
import { FALSE, TRUE, type Truth, truth } from '../policy/value/truth.ts';
import { patternSample } from './pattern-sample.ts';

/** A parameter that is left out. */
export const LEFT_OUT = Symbol('left out');
export type Sample = Json | typeof LEFT_OUT;

const MOST = 8;
const LONGEST = 4_000;

/** Those that fit, the plainest first; an argument that may be anything is tried with what meets its exceptions' opposites. */
export function samplesFor(change: Change): Sample[] {
  const { argument } = change;
  const permitted = change.permitted.map(({ tests }) => tests);
  const unless = change.unless.map(({ tests }) => tests);
  if (argument === '/params') return [LEFT_OUT];
  const test =
    argument === '/resource' ? resourceTest : argument === '/justification' ? reason : valueTest;
  const wanted = permitted.map((tests) => compiled(tests, test));
  const ruledOut = unless.map((tests) => compiled(tests, test));
  const fits = (value: Sample): boolean =>
    wanted.every((holds) => holds(value) === TRUE) &&
    ruledOut.every((holds) => holds(value) === FALSE);
  const all = permitted.flatMap(valuesOf);
  if (permitted.length > 1) all.push(...valuesOf(Object.assign({}, ...permitted)));
  if (argument !== '/resource') all.push(...unless.flatMap(aroundOf));
  if (argument === '/resource' && all.length === 0) all.push('x', '/x', 'https://x.example/x');
  else if (permitted.length === 0) all.push('x', 0, true);
  if (permitted.length === 0 && argument.startsWith('/params/')) all.push(LEFT_OUT);
  return [...new Set(all)].filter(fits).slice(0, MOST);
}

type Test = (tests: JsonObject) => (value: Sample) => Truth;

/** The tests of a rule are one object for as long as its policy is in force. */
const COMPILED = new WeakMap<JsonObject, ReturnType<Test>>();

function compiled(tests: JsonObject, test: Test): ReturnType<Test> {
  let made = COMPILED.get(tests);
  if (made === undefined) {
    made = test(tests);
    COMPILED.set(tests, made);
  }
  return made;
}

const valueTest: Test = (tests) => {
  const test = paramTest(tests as ParamTests, true);
  return (value) => test(value === LEFT_OUT ? undefined : value);
};

const resourceTest: Test = ({ glob, ignore_case }) => {
  const patterns = glob as string[];
  const matches = compileResource({ patterns, ignoreCase: ignore_case === true, strict: false });
  return (value) => truth(typeof value === 'string' && matches(value));
};

const reason: Test = ({ length }) => {
  const { min = 0, max = LONGEST } = length as { min?: number; max?: number };
  return (value) => truth(typeof value === 'string' && value.length >= min && value.length <= max);
};

const numbers = (...all: unknown[]): number[] =>
  all.filter((one): one is number => typeof one === 'number' && Number.isFinite(one));

function valuesOf(tests: JsonObject): Sample[] {
  const found: Sample[] = [];
  const { min, max, over, under, eq, length, type, present } = tests;
  if (eq !== undefined) found.push(eq);
  if (Array.isArray(tests.in)) found.push(...tests.in.slice(0, MOST));
  found.push(...numbers(max, min, middle(tests)));
  found.push(...numbers(over).map((n) => n + 1), ...numbers(under).map((n) => n - 1));
  const globs = tests.glob === undefined ? [] : [tests.glob].flat();
  found.push(...globs.slice(0, MOST).map((glob) => globSample(String(glob))));
  const { prefix = '', contains = '', suffix = '' } = tests as { [name: string]: string };
  if (prefix + contains + suffix !== '')
    found.push(`${prefix}${contains}${suffix}`, `${prefix}x${contains}x${suffix}`);
  if (typeof tests.matches === 'string') {
    const text = patternSample(tests.matches);
    if (text !== undefined) found.push(text);
  }
  const least = (length as { min?: number } | undefined)?.min;
  if (length !== undefined) found.push('x'.repeat(Math.min(least ?? 1, LONGEST)));
  if (length !== undefined) found.push(Array(Math.min(least ?? 0, 64)).fill('x'));
  for (const name of type === undefined ? [] : [type].flat())
    found.push(OF_TYPE[String(name)] ?? 'x');
  if (tests.not_in !== undefined || present === true) found.push('x', 0, 1, true);
  if (present === false) found.push(LEFT_OUT);
  return found;
}

const OF_TYPE: Readonly<Record<string, Json>> = Object.freeze({
  string: 'x',
  number: 1,
  integer: 1,
  boolean: true,
  array: [],
  object: {},
});

function middle({ min, max }: JsonObject): number | undefined {
  return typeof min === 'number' && typeof max === 'number' ? (min + max) / 2 : undefined;
}

/** Next to what is ruled out. */
function aroundOf(tests: JsonObject): Sample[] {
  const { min, max, over, under, eq, present } = tests;
  const found: Sample[] = numbers(over, under);
  found.push(...numbers(min).map((n) => n - 1), ...numbers(max).map((n) => n + 1));
  if (typeof eq === 'boolean') found.push(!eq);
  if (present === true) found.push(LEFT_OUT);
  return found;
}

const globSample = (glob: string): string =>
  glob
    .replace(/^\*:\/\//, 'https://')
    .replace(/\[!?(.)[^\]]*\]/g, '$1')
    .replace(/\*+|\?/g, 'x');
