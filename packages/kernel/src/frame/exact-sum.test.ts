/** The sum is the exact one, rounded once, in every order. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ExactSum } from './exact-sum.ts';

const sumOf = (numbers: readonly number[]): number => {
  const sum = new ExactSum();
  for (const number of numbers) sum.add(number);
  // Asked again, it says the same.
  expect(sum.value).toBe(sum.value);
  return sum.value;
};

const number = fc.oneof(
  fc.integer(),
  fc.maxSafeInteger(),
  fc.constantFrom(
    0,
    -0,
    0.5,
    -0.5,
    2 ** 53,
    -(2 ** 53),
    2 ** 53 - 1,
    1e300,
    -1e300,
    2 ** 62,
    2 ** -60,
  ),
  fc.integer({ min: -4_000, max: 4_000 }).map((many) => many / 8),
  fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e290, max: 1e290 }),
);

it('is the same in any order, and with one number more and less', () => {
  fc.assert(
    fc.property(
      fc
        .array(number, { maxLength: 20 })
        .chain((all) =>
          fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })),
        ),
      number,
      ([all, shuffled], more) => {
        const sum = sumOf(all) + 0;
        expect(sumOf(shuffled) + 0).toBe(sum);
        expect(sumOf([more, ...shuffled, -more]) + 0).toBe(sum);
      },
    ),
    { numRuns: 3_000 },
  );
});

it('is what whole numbers of any length say', () => {
  const eighth = fc.bigInt({ min: -(2n ** 53n), max: 2n ** 53n });
  fc.assert(
    fc.property(fc.array(eighth, { maxLength: 20 }), (eighths) => {
      const exact = eighths.reduce((sum, one) => sum + one, 0n);
      // 2^53 of them are a double each; their sum is rounded by the conversion alone.
      expect(sumOf(eighths.map((one) => Number(one) / 8)) + 0).toBe(Number(exact) / 8);
    }),
    { numRuns: 3_000 },
  );
});
