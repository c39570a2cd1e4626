/** What counts as a result, against the definition read word by word. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isOutputData, labelsOf } from './output.ts';

/** JSON.stringify answers for it, says all of it, and says it as it is. */
function naive(value: unknown, depth = 0): boolean {
  if (typeof value === 'number') return Number.isFinite(value);
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true;
  if (typeof value !== 'object' || depth >= 256) return false;
  if (Array.isArray(value))
    return [...value.keys()].every((at) => !(at in value) || naive(value[at], depth + 1));
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== null && prototype !== Object.prototype) return false;
  return Object.entries(value).every(([, member]) => naive(member, depth + 1));
}

const scalar = fc.oneof(
  fc.string({ maxLength: 3 }),
  fc.double(),
  fc.constantFrom<unknown>(true, false, null, -0),
);
const odd = fc.constantFrom<unknown>(
  ...[undefined, 5n, Symbol('x'), () => 1, new Date(0), new Map(), /x/, new (class A {})()],
  ...[Object.create(null), new Array(3), Object.assign([1], { 3: 1 })],
);
const name = fc.constantFrom('a', 'b', '1', '__proto__', 'toString');
const anything = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    { weight: 9, arbitrary: scalar },
    { weight: 1, arbitrary: odd },
    { weight: 4, arbitrary: fc.array(tie('value'), { maxLength: 4 }) },
    { weight: 4, arbitrary: fc.dictionary(name, tie('value'), { maxKeys: 4 }) },
  ),
})).value;

it('is JSON as it stands, or bytes', () => {
  let good = 0;
  fc.assert(
    fc.property(anything, (value) => {
      expect(isOutputData(value)).toBe(naive(value));
      if (isOutputData(value)) good++;
    }),
    { numRuns: 2_000 },
  );
  expect(good).toBeGreaterThan(200);
  expect(isOutputData(Buffer.from('x'))).toBe(true);
});

it('is no cycle and nothing deeper than 256; what it inherits is no part of it', () => {
  const cycle: unknown[] = [];
  cycle.push({ cycle });
  expect(isOutputData(cycle)).toBe(false);
  const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)]);
  expect(isOutputData(nested(256))).toBe(true);
  expect(isOutputData(nested(257))).toBe(false);
  const base = Object.assign(Object.create(null), { inherited: () => 1, plain: 1 });
  expect(isOutputData(Object.assign(Object.create(base), { a: 1 }))).toBe(true);
  expect(isOutputData(Object.assign(Object.create(base), { inherited: () => 1 }))).toBe(false);
});

it('labels are what they were when they came, whatever their provider makes of its own', () => {
  const label = { source: 'web', origin: 'a', integrity: 'untrusted', confidentiality: 'secret' };
  const own = [label];
  const none: (typeof label)[] = [];
  const [kept, empty] = [labelsOf(own), labelsOf(none)];
  const fixed = Object.freeze([Object.freeze({ ...label })]);
  // Nobody can change these: they need no copy.
  expect(labelsOf(fixed)).toBe(fixed);
  label.integrity = 'trusted';
  own.push(label);
  none.push(label);
  expect(kept).toEqual(fixed);
  expect(empty).toEqual([]);
  expect(labelsOf(Object.freeze([label]))?.[0]).not.toBe(label);
  expect(labelsOf([{ ...label, more: 1 }])).toEqual([label]);
  expect(labelsOf([{ ...label, integrity: 'other' }])).toBeUndefined();
});
