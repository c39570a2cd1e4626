/**
 * Bounds the work of a JSON Schema before it is compiled. Validation costs, for each value, one step per subschema that
 * looks at it; references can multiply that with every level of the value. Followed down one path of a value as deep as
 * admission allows, the steps stay under a bound, or the schema is refused.
 */
import type { Json, JsonObject } from '@portcullis/wire';
import { stepsOf } from '../json/pointer.ts';
import { isJsonObject } from '../plain.ts';

/** Values nest at most this deep: the limit of admission. */
const MAX_DEPTH = 32;
const MAX_STEPS = 10_000;

/** Subschemas that look at the value itself. */
const SAME_VALUE = ['not', 'if', 'then', 'else'] as const;
const SAME_VALUE_LISTS = ['allOf', 'anyOf', 'oneOf'] as const;
const SAME_VALUE_MAPS = ['dependentSchemas'] as const;
/** Subschemas that each look at every member or item. */
const EACH_CHILD = [
  'additionalProperties',
  'unevaluatedProperties',
  'propertyNames',
  'items',
  'additionalItems',
  'unevaluatedItems',
  'contains',
] as const;
/** What holds data and no schemas. */
const DATA = new Set(['const', 'enum', 'default', 'examples']);

const schemasIn = (value: Json | undefined): JsonObject[] =>
  Array.isArray(value) ? value.filter(isJsonObject) : isJsonObject(value) ? [value] : [];

const valuesOf = (value: Json | undefined): JsonObject[] =>
  isJsonObject(value) ? Object.values(value).filter(isJsonObject) : [];

/** Throws an Error that says why the schema is refused. */
export function checkCost(root: JsonObject): void {
  checkReferences(root, true, 0);
  const steps = new Map<JsonObject, (number | undefined)[]>();

  /** Steps for one path of a value `depth` levels deep; Infinity where a reference leads back without descending. */
  const count = (schema: JsonObject, depth: number): number => {
    let known = steps.get(schema);
    if (known === undefined) {
      known = [];
      steps.set(schema, known);
    }
    const before = known[depth];
    if (before !== undefined) return before;
    known[depth] = Number.POSITIVE_INFINITY;
    let total = 1;
    for (const sub of sameValue(schema, root)) total += count(sub, depth);
    if (depth > 0) {
      for (const sub of eachChild(schema)) total += count(sub, depth - 1);
      total += most(oneChild(schema), (sub) => count(sub, depth - 1));
    }
    known[depth] = total;
    return total;
  };

  if (count(root, MAX_DEPTH) > MAX_STEPS) {
    throw new Error(
      'the schema refers to itself, or branches, so often that checking has no useful bound',
    );
  }
}

const most = (schemas: readonly JsonObject[], steps: (schema: JsonObject) => number): number =>
  schemas.reduce((largest, schema) => Math.max(largest, steps(schema)), 0);

function* sameValue(schema: JsonObject, root: JsonObject): Generator<JsonObject> {
  const reference = schema.$ref;
  if (typeof reference === 'string') yield resolve(reference, root);
  for (const key of SAME_VALUE) yield* schemasIn(schema[key]);
  for (const key of SAME_VALUE_LISTS) yield* schemasIn(schema[key]);
  for (const key of SAME_VALUE_MAPS) yield* valuesOf(schema[key]);
  yield* valuesOf(schema.dependencies);
}

function* eachChild(schema: JsonObject): Generator<JsonObject> {
  for (const key of EACH_CHILD) if (!Array.isArray(schema[key])) yield* schemasIn(schema[key]);
  yield* valuesOf(schema.patternProperties);
}

/** Subschemas of which a member or item meets one at most. */
const oneChild = (schema: JsonObject): JsonObject[] => [
  ...valuesOf(schema.properties),
  ...schemasIn(schema.prefixItems),
  ...(Array.isArray(schema.items) ? schemasIn(schema.items) : []),
];

function resolve(reference: string, root: JsonObject): JsonObject {
  let place: Json | undefined = root;
  for (const key of stepsOf(decodeURIComponent(reference.slice(1)))) {
    place = Array.isArray(place)
      ? place[Number(key)]
      : isJsonObject(place) && Object.hasOwn(place, key)
        ? place[key]
        : undefined;
  }
  if (place === true || place === false) return {};
  if (!isJsonObject(place)) throw new Error(`$ref ${reference.slice(0, 100)} leads nowhere`);
  return place;
}

/** References are JSON Pointers into the same document; nothing in it may change what they are relative to. */
function checkReferences(schema: Json, isRoot: boolean, depth: number): void {
  if (depth > 64) throw new Error('the schema nests too deep');
  if (Array.isArray(schema)) {
    for (const item of schema) checkReferences(item, false, depth + 1);
    return;
  }
  if (!isJsonObject(schema)) return;
  for (const [key, value] of Object.entries(schema)) {
    if (DATA.has(key)) continue;
    if (typeof value === 'string') {
      if (key === '$ref' && value !== '#' && !value.startsWith('#/')) {
        throw new Error(
          `$ref ${value.slice(0, 100)} leads out of the document, or is not a JSON Pointer`,
        );
      }
      if (['$dynamicRef', '$recursiveRef', '$dynamicAnchor', '$anchor'].includes(key)) {
        throw new Error(`${key} is not read here`);
      }
      if (!isRoot && (key === '$id' || key === '$schema' || key === 'id')) {
        throw new Error(`${key} is read at the top of the schema only`);
      }
    }
    checkReferences(value, false, depth + 1);
  }
}
