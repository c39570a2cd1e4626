/**
 * The schema of a tool that somebody else described, as far as it is held here: servers add keywords and formats of their own, which JSON Schema lets
 * everybody ignore. Our own schemas get no such leave: there a word that nobody checks is a mistake.
 */
import type { Json, JsonObject } from '@portcullis/wire';
import { isJsonObject } from '../../action/plain.ts';
import { FORMATS } from '../../action/schema/formats.ts';

/** Deeper than a schema may be: what lies below is left for its reading to refuse. */
const MAX_DEPTH = 64;

const ONE = [
  'not',
  'if',
  'then',
  'else',
  'contains',
  'propertyNames',
  'additionalProperties',
  'unevaluatedProperties',
  'unevaluatedItems',
  'additionalItems',
  'items',
] as const;
const LISTS = ['allOf', 'anyOf', 'oneOf', 'prefixItems', 'items'] as const;
const MAPS = ['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas'];
/** Drafts 2020-12 and 7. */
const KEYWORDS: ReadonlySet<string> = new Set([
  ...ONE,
  ...LISTS,
  ...MAPS,
  ...['$schema', '$id', '$ref', '$anchor', '$dynamicRef', '$dynamicAnchor', '$comment'],
  ...['type', 'enum', 'const', 'format', 'pattern', 'minLength', 'maxLength'],
  ...['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'],
  ...['minItems', 'maxItems', 'uniqueItems', 'minContains', 'maxContains'],
  ...['required', 'minProperties', 'maxProperties', 'dependentRequired', 'dependencies'],
  ...['title', 'description', 'default', 'deprecated', 'readOnly', 'writeOnly', 'examples'],
]);

export function heldSchema(schema: Json, depth = 0): Json {
  if (!isJsonObject(schema) || depth === MAX_DEPTH) return schema;
  const below = (value: Json): Json => heldSchema(value, depth + 1);
  const each = (map: JsonObject): JsonObject =>
    Object.fromEntries(Object.entries(map).map(([name, sub]) => [name, below(sub)]));
  const held = Object.entries(schema)
    .filter(([name, value]) => KEYWORDS.has(name) && !(name === 'format' && isForeign(value)))
    .map(([name, value]): [string, Json] => {
      if (MAPS.includes(name) && isJsonObject(value)) return [name, each(value)];
      if (LISTS.includes(name as 'items') && Array.isArray(value)) return [name, value.map(below)];
      return [name, ONE.includes(name as 'items') ? below(value) : value];
    });
  return Object.fromEntries(held);
}

const isForeign = (format: Json): boolean =>
  typeof format === 'string' && !Object.hasOwn(FORMATS, format);
