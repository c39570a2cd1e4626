import fc from 'fast-check';
import { expect, it } from 'vitest';
import { firstWhere } from './first-where.ts';

it('finds what looking at one after the other finds', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 20 })),
      fc.nat(20),
      fc.nat(5),
      (list, than, from) => {
        const sorted = list.sort((a, b) => a - b);
        const start = Math.min(from, sorted.length);
        const found = firstWhere(start, sorted.length, (place) => (sorted[place] as number) > than);
        const naive = sorted.findIndex((value, place) => place >= start && value > than);
        expect(found).toBe(naive === -1 ? sorted.length : naive);
      },
    ),
  );
});

it('looks at few places of many', () => {
  let looks = 0;
  firstWhere(0, 1_000_000, (place) => {
    looks += 1;
    return place >= 777_777;
  });
  expect(looks).toBeLessThanOrEqual(20);
});
