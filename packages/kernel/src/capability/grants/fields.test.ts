import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ADMISSION_LIMITS } from '../../action/limits.ts';
import { type Fields, readFields, walked } from './fields.ts';

const FIELDS: Fields = {
  text: 'text',
  prose: 'prose',
  token: 'token',
  object: 'object',
  other: 'object',
  flag: 'flag',
  number: 'number',
};

const half = fc.constantFrom(
  '\ud800',
  'a\udfff',
  '\u202e',
  '\u200b',
  '\0',
  '',
  'é',
  'x'.repeat(257),
);
const leaf = fc.oneof(
  fc.string({ maxLength: 300 }),
  fc.string({ unit: 'binary', maxLength: 20 }),
  half,
  fc.boolean(),
  fc.double(),
  fc.constantFrom(undefined, null, -0, Number.NaN, 1n, Symbol.iterator, () => 1, new Date(0), []),
);
const nested = fc.oneof(
  { weight: 3, arbitrary: fc.dictionary(fc.string({ maxLength: 3 }), leaf, { maxKeys: 4 }) },
  leaf,
  fc.array(leaf, { maxLength: 3 }),
  fc.object({ maxDepth: 3 }),
);
const name = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom(...Object.keys(FIELDS)) },
  fc.constantFrom('__proto__', 'constructor', 'toString', '0', 'x'.repeat(1_025)),
);
const request = fc.array(fc.tuple(name, nested), { maxLength: 6 }).map((members) => {
  const made: Record<string, unknown> = {};
  for (const [key, value] of members)
    Object.defineProperty(made, key, {
      value,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  return made;
});
const deepFrozen = (value: unknown): boolean =>
  typeof value !== 'object' ||
  value === null ||
  (Object.isFrozen(value) && Object.values(value).every(deepFrozen));

const same = (input: unknown): void => {
  const fast = readFields(input, FIELDS);
  expect(fast).toEqual(walked(input, FIELDS));
  if (!fast.ok) return;
  const slow = walked(input, FIELDS);
  expect(JSON.stringify(fast)).toBe(JSON.stringify(slow));
  expect(deepFrozen(fast.request)).toBe(true);
};

it('says what the walk over the whole says, of sound requests and of all others', () => {
  fc.assert(fc.property(request, same), { numRuns: 600 });
  fc.assert(fc.property(fc.oneof(leaf, fc.anything()), same));
});

it('says the same at the bounds of a whole request', () => {
  const { bytes, depth, keys } = ADMISSION_LIMITS;
  const deep = (levels: number): object => (levels === 0 ? {} : { a: deep(levels - 1) });
  const wide = (members: number): object =>
    Object.fromEntries(Array.from({ length: members }, (_, at) => [`k${at}`, 1]));
  for (const over of [-3, -2, -1, 0, 1, 2]) {
    same({ object: deep(depth + over) });
    same({ object: wide(keys + over) });
    same({ object: wide(keys / 2), other: wide(keys / 2 + over) });
    same({ object: { a: 'x'.repeat(bytes / 2) }, other: { b: 'x'.repeat(bytes / 2 + over - 30) } });
    same({ text: 'x'.repeat(256 + over), prose: 'x'.repeat(4_000 + over) });
    same({ token: 'x'.repeat(65_536 + over), object: { a: 'é'.repeat(bytes / 16 + over) } });
  }
});

it('reads each member once, and what throws is refused with its place', () => {
  let reads = 0;
  const counting = {
    get object() {
      reads += 1;
      return reads === 1 ? { a: 1 } : { b: 2 };
    },
    flag: 'no flag',
  };
  expect(readFields(counting, FIELDS)).toMatchObject({
    code: 'malformed_request',
    pointer: '/flag',
  });
  expect(reads).toBe(1);
  const throwing = {
    flag: true,
    get text(): string {
      throw new Error('no');
    },
  };
  expect(readFields(throwing, FIELDS)).toEqual(walked(throwing, FIELDS));
  expect(readFields(throwing, FIELDS)).toMatchObject({ pointer: '/text' });
  const kept = { object: { list: [1] } };
  const read = readFields(kept, FIELDS);
  kept.object.list.push(2);
  expect(read).toEqual({ ok: true, request: { object: { list: [1] } } });
});
