import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Json } from '@portcullis/wire';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { compileParams } from '../action/schema/schema.ts';
import { FS_ACTIONS } from './fs/definitions.ts';
import { HTTP_ACTIONS } from './http/definitions.ts';
import { PROC_ACTIONS } from './proc/definitions.ts';
import { createRegistry } from './registry.ts';
import type { ActionDefinition, Provider } from './types.ts';

const provider = (family: string, ...actions: Partial<ActionDefinition>[]): Provider => ({
  family,
  actions: actions.map((action) => ({
    name: 'a.b',
    resource: 'other',
    effect: 'read',
    params: { type: 'object' },
    ...action,
  })),
  execute: () => ({ data: null, labels: [] }),
});

describe('createRegistry', () => {
  it('finds definitions, providers and checks', () => {
    const one = provider('one', { name: 'a.b', params: { type: 'object', required: ['x'] } });
    const registry = createRegistry([one, provider('two', { name: 'c' })]);
    expect(registry.provider('a.b')).toBe(one);
    expect(registry.definition('c')?.resource).toBe('other');
    expect(registry.definitions.map((definition) => definition.name)).toEqual(['a.b', 'c']);
    expect(registry.check('a.b', { x: 1 })).toBeUndefined();
    expect(registry.check('a.b', {})).toEqual({
      at: '/x',
      text: " must have required property 'x'",
    });
    expect(registry.provider('constructor')).toBeUndefined();
    expect(registry.definition('__proto__')).toBeUndefined();
    expect(registry.check('nobody', {})).toBeUndefined();
  });

  it('refuses two providers for one action, and names both', () => {
    expect(() => createRegistry([provider('one', {}), provider('two', {})])).toThrow(
      'the action "a.b" has two providers: "one" and "two"',
    );
    expect(() => createRegistry([provider('one', {}, {})])).toThrow('"one" and "one"');
  });

  it.each(['Fs.read', 'fs..read', '.fs', 'fs.', 'fs read', 'ｆｓ.read', '', 'portcullis.freeze'])(
    'refuses the name %j',
    (name) => {
      expect(() => createRegistry([provider('p', { name })])).toThrow('provider "p"');
    },
  );

  it('keeps its own copy of a definition', () => {
    const params = { type: 'object', properties: { x: { type: 'number' } } };
    const registry = createRegistry([provider('p', { params })]);
    params.properties.x.type = 'string';
    expect(registry.check('a.b', { x: 'no' })).toEqual({ at: '/x', text: '/x must be number' });
    expect(Object.isFrozen(registry.definition('a.b')?.params)).toBe(true);
  });
});

it('holds the built-in schemas to what it asks of others', () => {
  for (const definition of [...FS_ACTIONS, ...HTTP_ACTIONS, ...PROC_ACTIONS]) {
    expect(() => compileParams(definition.params), definition.name).not.toThrow();
    expect(definition.params).toMatchObject({ type: 'object', additionalProperties: false });
    expect(Object.isFrozen(definition)).toBe(true);
  }
});

describe('compileParams', () => {
  const bad: [string, Json, string][] = [
    ['no object', [], 'must be an object'],
    ['a file reference', { $ref: 'file:///etc/passwd' }, 'leads out of the document'],
    ['an http reference', { properties: { a: { $ref: 'https://x.test/s' } } }, 'leads out'],
    ['a reference to another schema by id', { $ref: 'other#/a' }, 'leads out'],
    ['a nested $id', { properties: { a: { $id: 'http://x.test/', $ref: '#/b' } } }, 'at the top'],
    ['a dynamic reference', { $dynamicRef: '#a' }, '$dynamicRef'],
    ['a reference to nothing', { $ref: '#/nowhere' }, 'leads nowhere'],
    ['a reference to itself', { $ref: '#' }, 'no useful bound'],
    ['an unknown keyword', { typ: 'object' }, 'typ'],
    ['an unknown format', { properties: { a: { type: 'string', format: 'sql' } } }, 'sql'],
    ['a backreference', { properties: { a: { type: 'string', pattern: '(a)\\1' } } }, 'escape'],
    ['a lookahead', { properties: { a: { type: 'string', pattern: '(?=a)b' } } }, 'unsupported'],
    ['an old draft', { $schema: 'http://json-schema.org/draft-04/schema#' }, '$schema'],
  ];
  it.each(bad)('refuses %s', (_, schema, message) => {
    expect(() => compileParams(schema)).toThrow(message);
  });

  it('refuses references that multiply with depth, and reads those that do not', () => {
    const twice = {
      anyOf: [{ properties: { a: { $ref: '#' } } }, { properties: { a: { $ref: '#' } } }],
    };
    expect(() => compileParams(twice)).toThrow('no useful bound');
    const doubling: Record<string, Json> = {};
    for (let i = 0; i < 40; i += 1) {
      const next = { $ref: `#/$defs/d${i + 1}` };
      doubling[`d${i}`] = { allOf: [next, next] };
    }
    doubling.d40 = {};
    expect(() => compileParams({ $ref: '#/$defs/d0', $defs: doubling })).toThrow('no useful bound');
    const tree = compileParams({
      type: 'object',
      properties: { left: { $ref: '#' }, right: { $ref: '#' } },
      additionalProperties: false,
    });
    expect(tree({ left: { right: {} } })).toBeUndefined();
    expect(tree({ left: { right: { x: 1 } } })).toEqual({
      at: '/left/right/x',
      text: '/left/right has the unknown member "x"',
    });
  });

  it('runs patterns in linear time', () => {
    const check = compileParams({ properties: { a: { type: 'string', pattern: '^(a|a)+$' } } });
    const start = process.threadCpuUsage();
    expect(check({ a: `${'a'.repeat(100_000)}!` })?.text).toContain('pattern');
    expect(process.threadCpuUsage(start).user).toBeLessThan(2_000_000);
    expect(compileParams({ properties: { a: { pattern: 'b' } } })({ a: 'abc' })).toBeUndefined();
  });

  it('tells equal items apart in linear time', () => {
    const check = compileParams({ properties: { a: { type: 'array', uniqueItems: true } } });
    expect(
      check({
        a: [
          { x: 1, y: [2] },
          { y: [2], x: 1 },
        ],
      })?.text,
    ).toContain('same item twice');
    expect(check({ a: [1, '1', true, [1], { 1: 1 }] })).toBeUndefined();
    const start = process.threadCpuUsage();
    expect(check({ a: Array.from({ length: 50_000 }, (_, i) => ({ i })) })).toBeUndefined();
    expect(process.threadCpuUsage(start).user).toBeLessThan(2_000_000);
  });

  it('compiles the same schema once, and holds on to no schema for good', async () => {
    const schema = () => ({ properties: { a: { type: 'string', maxLength: 41 } } });
    expect(compileParams(schema())).toBe(compileParams(schema()));

    const made: WeakRef<object>[] = [];
    const { compile } = Ajv2020.prototype;
    Ajv2020.prototype.compile = function (this: Ajv2020, ...given: Parameters<typeof compile>) {
      const validate = compile.apply(this, given);
      made.push(new WeakRef(validate));
      return validate;
    } as typeof compile;
    try {
      for (let i = 0; i < 1_600; i++)
        compileParams({ properties: { [`p${i}`]: { maxLength: i } } })({});
    } finally {
      delete (Ajv2020.prototype as Partial<Ajv2020>).compile;
    }
    expect(made).toHaveLength(1_600);
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    await new Promise((resolve) => setImmediate(resolve));
    collect();
    // Those of the one compiler, and those that are kept.
    expect(made.filter((one) => one.deref() !== undefined).length).toBeLessThanOrEqual(1_000);
  });

  it('reads draft 7 where the schema says so, and an $id at the top twice', () => {
    const schema = {
      $schema: 'http://json-schema.org/draft-07/schema#',
      $id: 'https://x.test/a',
      definitions: { n: { type: 'integer' } },
      properties: { n: { $ref: '#/definitions/n' } },
    };
    expect(compileParams(schema)({ n: 1.5 })?.text).toContain('integer');
    expect(compileParams(schema)({ n: 1 })).toBeUndefined();
  });

  it('treats members of the prototype as absent, and says no values', () => {
    const check = compileParams({ type: 'object', required: ['constructor'] });
    expect(check({})?.text).toContain('constructor');
    const secret = compileParams({ properties: { a: { type: 'integer' } } });
    expect(JSON.stringify(secret({ a: 'hunter2' }))).not.toContain('hunter2');
  });
});
