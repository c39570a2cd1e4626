/**
 * The closed list of what a rule can say of one parameter. Each test is definite on values of its own type and unknown on others;
 * the schema, the evaluator and the documentation are made from this one table.
 */
import type { Json } from '@portcullis/wire';
import { z } from 'zod';
import { compileResource, wrongResourcePattern } from '../glob/resource.ts';
import { compilePattern } from '../pattern/pattern.ts';
import { codePoints, find } from '../value/find.ts';
import { FALSE, TRUE, type Truth, truth, UNKNOWN } from '../value/truth.ts';
import { checked, sameType, scalar, scalars } from './terms.ts';

/** What a test of a value answers. `strict` for permit rules. */
export type ValueTest = (value: Json) => Truth;

export interface ParamTest {
  readonly operand: z.ZodType;
  /** The type of the operand and of the values that it is definite on, for people. */
  readonly takes: string;
  readonly meaning: string;
  /** `element`: of a list, each element by itself. `value`: of the value as it is. */
  readonly on: 'element' | 'value';
  readonly compile: (operand: never, strict: boolean) => ValueTest;
}

const JSON_TYPES = ['string', 'number', 'integer', 'boolean', 'null', 'array', 'object'] as const;
type JsonType = (typeof JSON_TYPES)[number];

const onNumber =
  (test: (value: number) => boolean): ValueTest =>
  (value) =>
    typeof value === 'number' ? truth(test(value)) : UNKNOWN;

const onString =
  (test: (value: string) => boolean | undefined): ValueTest =>
  (value) => {
    if (typeof value !== 'string') return UNKNOWN;
    const holds = test(value);
    return holds === undefined ? UNKNOWN : truth(holds);
  };

const number = z.number();
const text = z.string().max(4_096);
const bounds = z
  .strictObject({ min: z.int().min(0).optional(), max: z.int().min(0).optional() })
  .refine((given) => given.min !== undefined || given.max !== undefined, 'min, max or both');

const test = <T>(
  takes: string,
  meaning: string,
  operand: z.ZodType<T>,
  compile: (operand: T, strict: boolean) => ValueTest,
  on: ParamTest['on'] = 'element',
): ParamTest & { readonly operand: z.ZodType<T> } =>
  Object.freeze({ takes, meaning, operand, compile: compile as ParamTest['compile'], on });

export const PARAM_TESTS = Object.freeze({
  min: test('number', 'at least', number, (n) => onNumber((v) => v >= n)),
  max: test('number', 'at most', number, (n) => onNumber((v) => v <= n)),
  over: test('number', 'more than', number, (n) => onNumber((v) => v > n)),
  under: test('number', 'less than', number, (n) => onNumber((v) => v < n)),
  eq: test(
    'string, number, boolean or null',
    'exactly this value of this type',
    scalar,
    (want) => (v) => (sameType(v, want) ? truth(v === want) : UNKNOWN),
  ),
  in: test('list of one type', 'one of these', scalars, (list) => oneOf(list, TRUE, FALSE)),
  not_in: test('list of one type', 'none of these', scalars, (list) => oneOf(list, FALSE, TRUE)),
  prefix: test('string', 'begins with; for paths and URLs take glob', text, (t) =>
    onString((v) => v.startsWith(t)),
  ),
  suffix: test('string', 'ends with', text, (t) => onString((v) => v.endsWith(t))),
  contains: test('string', 'has this text in it', text, (t) => onString((v) => find(v, t) >= 0)),
  matches: test(
    'RE2 pattern',
    'the pattern is found in it; anchor with ^ and $ for the whole',
    checked('bad_pattern', 'an RE2 pattern', (t) => {
      const compiled = compilePattern(t);
      return 'wrong' in compiled ? compiled.wrong : undefined;
    }),
    (source) => {
      const compiled = compilePattern(source);
      if ('wrong' in compiled) throw new TypeError(compiled.wrong);
      return onString((v) => compiled.test(v));
    },
  ),
  glob: test(
    'pattern by segments',
    'as the resource of a rule is matched',
    checked('bad_glob', 'a pattern by segments', wrongResourcePattern),
    (pattern, strict) =>
      onString(compileResource({ patterns: [pattern], ignoreCase: false, strict })),
  ),
  type: test(
    JSON_TYPES.join(', '),
    'is of this JSON type; a list counts as array',
    z.union([z.enum(JSON_TYPES), z.array(z.enum(JSON_TYPES)).min(1)]),
    (types) => {
      const wanted = [types].flat();
      return (v) => truth(wanted.some((type) => isType(v, type)));
    },
    'value',
  ),
  length: test(
    '{min, max}',
    'characters of a string, elements of a list, keys of an object',
    bounds,
    ({ min, max }) =>
      (v) => {
        const length = lengthOf(v, max);
        if (length === undefined) return UNKNOWN;
        return truth(length >= (min ?? 0) && length <= (max ?? Number.POSITIVE_INFINITY));
      },
    'value',
  ),
  present: test(
    'boolean',
    'the parameter is given, or is not; definite either way',
    z.boolean(),
    (wanted) => () => truth(wanted),
    'value',
  ),
});

export type ParamTestName = keyof typeof PARAM_TESTS;

/** The list has one type: a value of another is unknown, not merely absent from it. */
function oneOf(list: readonly Json[], hit: Truth, miss: Truth): ValueTest {
  const set = new Set(list);
  const sample = list[0];
  if (sample === undefined) return () => miss;
  return (value) => (sameType(value, sample) ? (set.has(value) ? hit : miss) : UNKNOWN);
}

function isType(value: Json, type: JsonType): boolean {
  switch (type) {
    case 'null':
      return value === null;
    case 'array':
      return Array.isArray(value);
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value);
    case 'integer':
      return Number.isInteger(value);
    default:
      return typeof value === type;
  }
}

function lengthOf(value: Json, max: number | undefined): number | undefined {
  if (typeof value === 'string') {
    // At most two units a character: what is that much too long need not be counted.
    if (max !== undefined && value.length > 2 * max + 1) return value.length;
    return codePoints(value);
  }
  if (Array.isArray(value)) return value.length;
  return typeof value === 'object' && value !== null ? Object.keys(value).length : undefined;
}
