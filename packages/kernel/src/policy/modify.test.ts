import type { JsonObject } from '@portcullis/wire';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyModification, modified } from './modify.ts';

describe('applyModification', () => {
  const table: [object, object, object][] = [
    [{ a: 9 }, { '/a': { cap: 5 } }, { a: 5 }],
    [{ a: 3 }, { '/a': { cap: 5 } }, { a: 3 }],
    [{ a: -3 }, { '/a': { floor: 0, cap: 5 } }, { a: 0 }],
    [{ a: [1, 9, 4] }, { '/a': { cap: 5 } }, { a: [1, 5, 4] }],
    [{ a: { b: 9, c: 1 } }, { '/a/b': { cap: 5 } }, { a: { b: 5, c: 1 } }],
    [{ l: [{ x: 1 }, { x: 9 }] }, { '/l/1/x': { cap: 5 } }, { l: [{ x: 1 }, { x: 5 }] }],
    [{}, { '/a': { value: { x: [1] } } }, { a: { x: [1] } }],
    [{ a: 1 }, { '/a': { value: null } }, { a: null }],
    [{ a: 1, b: 2 }, { '/a': { remove: true } }, { b: 2 }],
    [
      { b: 2 },
      { '/a': { remove: true }, '/a/b/c': { remove: true }, '/b/c': { remove: true } },
      { b: 2 },
    ],
    [{ l: [1, 2, 3] }, { '/l/1': { remove: true }, '/l/9': { remove: true } }, { l: [1, 3] }],
    [
      { a: 9, b: 9 },
      { '/a': { cap: 5 }, '/b': { value: 1 } },
      { a: 5, b: 1 },
    ],
  ];

  it('changes what it says, and nothing of what it was given', () => {
    for (const [params, set, expected] of table) {
      const before = JSON.stringify(params);
      expect(applyModification(params as JsonObject, set as JsonObject)).toEqual(expected);
      expect(JSON.stringify(params)).toBe(before);
    }
  });

  it('gives back the same object where nothing changes', () => {
    const params = { a: 3, l: [1], o: { x: [1, { y: 2 }] } };
    const set = {
      '/a': { cap: 5 },
      '/l': { cap: 5 },
      '/o': { value: { x: [1, { y: 2 }] } },
      '/z': { remove: true },
    };
    expect(applyModification(params, set)).toBe(params);
  });

  it('is made wholly or not at all', () => {
    for (const [params, set] of [
      [{ a: '9' }, { '/a': { cap: 5 } }],
      [{}, { '/a': { cap: 5 } }],
      [{ a: [1, 'x'] }, { '/a': { cap: 5 } }],
      [{ a: 9 }, { '/a': { cap: 5 }, '/b/c': { value: 1 } }],
      [{ a: 9 }, { '/a/b': { value: 1 } }],
      [{ l: [] }, { '/l/0': { value: 1 } }],
      [{ l: [] }, { '/l/-': { value: 1 } }],
    ] as [JsonObject, JsonObject][]) {
      expect(modified(params, set as never)).toBeUndefined();
      expect(() => applyModification(params, set)).toThrowError(TypeError);
    }
  });

  it('pollutes no prototype', () => {
    const params = JSON.parse('{"__proto__": {"a": 9}}') as JsonObject;
    const changed = applyModification(params, { '/__proto__/a': { cap: 5 } });
    expect(JSON.stringify(changed)).toBe('{"__proto__":{"a":5}}');
    const added = applyModification({}, JSON.parse('{"/__proto__": {"value": {"polluted": 1}}}'));
    expect(Object.keys(added)).toEqual(['__proto__']);
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
    expect(() => applyModification({}, { '/constructor/prototype': { value: 1 } })).toThrowError(
      TypeError,
    );
  });

  it('twice is once', () => {
    const set = { '/a': { cap: 5, floor: 1 }, '/b': { value: [1] }, '/c': { remove: true } };
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.constantFrom('a', 'b', 'c', 'd'),
          fc.oneof(fc.integer(), fc.array(fc.integer())),
        ),
        (params) => {
          const once = modified(params as JsonObject, set as never);
          if (once !== undefined) expect(modified(once, set as never)).toBe(once);
        },
      ),
    );
  });
});
