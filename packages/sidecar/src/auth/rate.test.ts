import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RateLimit } from './rate.ts';

test('a burst of max, then one at a time as it refills', () => {
  const rate = new RateLimit({ max: 5, per_seconds: 10 });
  const taken = Array.from({ length: 7 }, () => rate.take(1000));
  expect(taken.map((wait) => wait === 0)).toEqual([true, true, true, true, true, false, false]);
  expect(taken[5]).toBeCloseTo(2000);
  expect(rate.take(2999)).toBeGreaterThan(0);
  expect(rate.take(3000)).toBe(0);
  expect(rate.take(3000)).toBeGreaterThan(0);
});

test('a refused request costs nothing; a long silence saves up no more than a burst', () => {
  const rate = new RateLimit({ max: 3, per_seconds: 3 });
  for (let i = 0; i < 3; i++) expect(rate.take(0)).toBe(0);
  for (let i = 0; i < 100; i++) expect(rate.take(0)).toBeGreaterThan(0);
  expect(rate.take(1000)).toBe(0);
  const later = Array.from({ length: 5 }, () => rate.take(1e9));
  expect(later.filter((wait) => wait === 0)).toHaveLength(3);
});

test('a cost above the burst waits for a full bucket and is paid off afterwards', () => {
  const rate = new RateLimit({ max: 10, per_seconds: 1 });
  expect(rate.take(0, 100)).toBe(0);
  expect(rate.take(5000)).toBeGreaterThan(0);
  expect(rate.take(10_000)).toBe(0);
});

test('a clock set back never gives anything away', () => {
  const rate = new RateLimit({ max: 2, per_seconds: 1 });
  expect([rate.take(10_000), rate.take(10_000)]).toEqual([0, 0]);
  expect(rate.take(0)).toBeGreaterThan(0);
});

test('never more than max and what refilled, whatever the times', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 50 }),
      fc.array(fc.nat({ max: 300 }), { maxLength: 200 }),
      (max, gaps) => {
        const rate = new RateLimit({ max, per_seconds: 1 });
        let now = 0;
        let taken = 0;
        for (const gap of gaps) {
          now += gap;
          if (rate.take(now) === 0) taken++;
        }
        expect(taken).toBeLessThanOrEqual(max + Math.floor((now * max) / 1000) + 1);
      },
    ),
  );
});
