/** What passes for plain compiles, with every check on: nothing that a compiler would refuse is put off until somebody calls the tool. */
import type { Json, JsonObject } from '@portcullis/wire';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { FORMATS } from './formats.ts';
import { isPlainSchema } from './plain-schema.ts';
import { compileParams } from './schema.ts';

const WORDS = [
  'title',
  'description',
  'default',
  'type',
  'properties',
  'required',
  'additionalProperties',
  'items',
  'enum',
  'minimum',
  'maximum',
  'minLength',
  'maxLength',
  'minItems',
  'maxItems',
  'format',
  'pattern',
  '$ref',
  'anyOf',
  'odd',
];
const value = fc.letrec((tie) => ({
  schema: fc.dictionary(fc.constantFrom(...WORDS), tie('value'), { maxKeys: 4 }),
  value: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    fc.constantFrom<Json>(
      'string',
      'integer',
      'date-time',
      'odd',
      '',
      '__proto__',
      0,
      3,
      -1,
      1.5,
      1e300,
      true,
      null,
    ),
    fc.array(fc.constantFrom<Json>('string', 'null', 'a', 'a', 1, 1, 'odd'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom('a', 'b', 'type', '__proto__', 'constructor'), tie('schema'), {
      maxKeys: 3,
    }),
    tie('schema'),
  ),
}));

test('whatever is plain compiles', () => {
  const strict = () =>
    new Ajv2020({
      strict: true,
      strictTypes: false,
      strictRequired: false,
      strictTuples: false,
      allowUnionTypes: true,
      ownProperties: true,
      formats: FORMATS,
      logger: false,
    });
  let plain = 0;
  fc.assert(
    fc.property(value.schema, (schema) => {
      if (!isPlainSchema(schema as Json)) return;
      plain += 1;
      expect(() => strict().compile(schema as JsonObject)).not.toThrow();
    }),
    { numRuns: 1_500 },
  );
  expect(plain).toBeGreaterThan(20);
});

describe('what tools say of their arguments', () => {
  const plain: JsonObject = {
    type: 'object',
    description: 'of a search',
    properties: {
      query: { type: 'string', minLength: 1, description: 'what to look for' },
      limit: { type: ['integer', 'null'], minimum: 1, maximum: 100, default: 10 },
      sort: { enum: ['new', 'old'] },
      since: { type: 'string', format: 'date' },
      tags: { type: 'array', items: { type: 'string' }, maxItems: 3 },
    },
    required: ['query'],
    additionalProperties: false,
  };

  it('is plain, and holds when it is asked', () => {
    expect(isPlainSchema(plain)).toBe(true);
    const check = compileParams(plain);
    expect(check({ query: 'a', limit: null, sort: 'new', since: '2026-11-21', tags: ['b'] })).toBe(
      undefined,
    );
    for (const [wrong, at] of [
      [{}, '/query'],
      [{ query: '' }, '/query'],
      [{ query: 'a', limit: 101 }, '/limit'],
      [{ query: 'a', sort: 'odd' }, '/sort'],
      [{ query: 'a', since: 'today' }, '/since'],
      [{ query: 'a', tags: [1] }, '/tags/0'],
      [{ query: 'a', more: 1 }, '/more'],
    ] as const)
      expect(check(wrong as never)?.at).toBe(at);
  });

  it.each<[string, Json]>([
    ['a type that is none', { type: 'text' }],
    ['the same type twice', { type: ['string', 'string'] }],
    ['no type of any', { type: [] }],
    ['the same name twice', { required: ['a', 'a'] }],
    ['nothing to choose from', { enum: [] }],
    ['a count below nothing', { minLength: -1 }],
    ['a format that is none', { format: 'odd' }],
    ['a word that is none', { odd: 1 }],
    ['a member that is no schema', { properties: { a: 1 } }],
  ])('%s is refused at once', (_, schema) => {
    expect(isPlainSchema(schema)).toBe(false);
    expect(() => compileParams(schema)).toThrow();
  });
});
