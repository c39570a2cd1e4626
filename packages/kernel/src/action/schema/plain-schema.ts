/**
 * Schemas that are known to compile without compiling them: the words that most tools use, each with a value that it takes. Whatever else a schema
 * says is for the compiler to judge. A test holds this to it: what is plain here compiles there.
 */
import type { Json, JsonObject } from '@portcullis/wire';
import { FORMATS } from './formats.ts';

const TYPES = new Set(['string', 'number', 'integer', 'boolean', 'object', 'array', 'null']);

type Check = (value: Json) => boolean;

const isText: Check = (value) => typeof value === 'string';
const isNumber: Check = (value) => typeof value === 'number' && Number.isFinite(value);
const isCount: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
const isType: Check = (value) => typeof value === 'string' && TYPES.has(value);

const eachOnce =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && new Set(value).size === value.length && value.every(check);

const isSchema: Check = (value) => typeof value === 'boolean' || isPlainSchema(value);

const areMembers: Check = (value) =>
  isObject(value) &&
  Object.entries(value).every(([name, schema]) => name !== '__proto__' && isPlainSchema(schema));

const WORDS: ReadonlyMap<string, Check> = new Map<string, Check>([
  ['title', isText],
  ['description', isText],
  ['default', () => true],
  ['type', (value) => isType(value) || (eachOnce(isType)(value) && (value as Json[]).length > 0)],
  ['properties', areMembers],
  ['required', eachOnce(isText)],
  ['additionalProperties', isSchema],
  ['items', isSchema],
  [
    'enum',
    (value) =>
      eachOnce((one) => isText(one) || isNumber(one))(value) && (value as Json[]).length > 0,
  ],
  ['minimum', isNumber],
  ['maximum', isNumber],
  ['minLength', isCount],
  ['maxLength', isCount],
  ['minItems', isCount],
  ['maxItems', isCount],
  ['format', (value) => typeof value === 'string' && Object.hasOwn(FORMATS, value)],
]);

export function isPlainSchema(schema: Json): boolean {
  if (!isObject(schema)) return false;
  for (const word of Object.keys(schema))
    if (WORDS.get(word)?.(schema[word] as Json) !== true) return false;
  return true;
}

const isObject = (value: Json): value is JsonObject =>
  value !== null && typeof value === 'object' && !Array.isArray(value);
