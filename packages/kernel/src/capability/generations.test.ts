import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Generations } from './generations.ts';

it('keeps the newest half for certain, the newest whole at most, and gives what was put', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 12 }),
      fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 60 }),
      (most, keys) => {
        const kept = new Generations<number, string>(most);
        for (const [at, key] of keys.entries()) {
          kept.set(key, `${key}`);
          const half = new Set(keys.slice(0, at + 1).slice(-(most >> 1)));
          const whole = new Set(keys.slice(0, at + 1));
          for (const one of half) expect(kept.get(one)).toBe(`${one}`);
          for (let other = 21; other < 24; other++) expect(kept.get(other)).toBeUndefined();
          expect(whole.size).toBeGreaterThanOrEqual(half.size);
        }
      },
    ),
  );
});

it('forgets what nobody asks for, and not what is asked for again and again', () => {
  const kept = new Generations<number, number>(8);
  for (let key = 0; key < 100; key++) {
    kept.set(key, key);
    expect(kept.get(0)).toBe(0);
  }
  expect(kept.get(50)).toBeUndefined();
  expect([...Array(100).keys()].filter((key) => kept.get(key) !== undefined).length).toBeLessThan(
    10,
  );
});
