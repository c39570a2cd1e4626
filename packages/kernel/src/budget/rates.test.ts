import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RateReservation } from '../policy/types.ts';
import { MemoryRates } from './rates.ts';

const DAY = 86_400_000;
const take = (rates: MemoryRates, now: number, max: number, window: number, key = 'k') =>
  rates.reserve([{ key, max, window }], now);
const isTaken = (answer: ReturnType<MemoryRates['reserve']>): answer is RateReservation =>
  !('full' in answer);

describe('MemoryRates', () => {
  it('permits exactly the rate, however many ask at once', () => {
    const rates = new MemoryRates();
    const answers = Array.from({ length: 1_000 }, () => take(rates, 5_000, 50, DAY));
    expect(answers.filter(isTaken)).toHaveLength(50);
    expect(answers.at(-1)).toEqual({ full: 0, wait: DAY });
    expect(rates.count('k', 5_000, DAY)).toBe(50);
  });

  it('counts windows of any length exactly, to the millisecond', () => {
    const rates = new MemoryRates();
    const month = 30 * DAY;
    for (let day = 0; day < 30; day++)
      expect(isTaken(take(rates, day * DAY, 30, month))).toBe(true);
    expect(take(rates, 29 * DAY + 1, 30, month)).toEqual({ full: 0, wait: DAY - 1 });
    expect(take(rates, month - 1, 30, month)).toEqual({ full: 0, wait: 1 });
    expect(isTaken(take(rates, month, 30, month))).toBe(true);
    expect(isTaken(take(rates, month, 30, month))).toBe(false);
  });

  it('takes all keys or none', () => {
    const rates = new MemoryRates();
    take(rates, 0, 1, DAY, 'b');
    const answer = rates.reserve(
      [
        { key: 'a', max: 5, window: DAY },
        { key: 'b', max: 1, window: DAY },
      ],
      10,
    );
    expect(answer).toEqual({ full: 1, wait: DAY - 10 });
    expect(rates.count('a', 10, DAY)).toBe(0);
    expect(isTaken(rates.reserve([], 0))).toBe(true);
    const twice = [
      { key: 'c', max: 1, window: DAY },
      { key: 'c', max: 1, window: DAY },
    ];
    expect(rates.reserve(twice, 0)).toMatchObject({ full: 1 });
    expect(rates.count('c', 0, DAY)).toBe(0);
  });

  it('gives back exactly one use, once', async () => {
    const rates = new MemoryRates();
    const first = take(rates, 1, 3, DAY);
    take(rates, 1, 3, DAY);
    if (!isTaken(first)) throw new Error('full');
    await first.release();
    await first.release();
    expect(rates.count('k', 2, DAY)).toBe(1);
  });

  it('never lets more through for a clock that was set back', () => {
    const rates = new MemoryRates();
    for (let i = 0; i < 50; i++) take(rates, DAY + i, 50, DAY);
    expect(isTaken(take(rates, 10, 50, DAY))).toBe(false);
    expect(rates.count('k', 10, DAY)).toBe(50);
    // Seen from a minute ahead the first are over; seen from now again they are not.
    take(rates, 2 * DAY + 40_000, 100, DAY);
    expect(rates.count('k', 2 * DAY - 1, DAY)).toBe(51);
  });

  it('is rebuilt from what the journal recorded, or from a saved state', () => {
    const rates = new MemoryRates();
    for (let i = 0; i < 40; i++) take(rates, i * 1_000, 50, DAY);
    const folded = new MemoryRates();
    for (let i = 0; i < 40; i++) folded.apply('k', 50, DAY, i * 1_000);
    const loaded = new MemoryRates();
    take(loaded, 0, 5, DAY, 'old');
    loaded.load(JSON.parse(JSON.stringify(rates.save())));
    for (const again of [folded, loaded]) {
      expect(again.count('k', 40_000, DAY)).toBe(40);
      expect(again.count('k', DAY, DAY)).toBe(39);
      expect(again.save()).toEqual(rates.save());
    }
    for (const broken of [
      null,
      {},
      [],
      'x',
      { v: 2, keys: [] },
      { v: 1, keys: [['k', 1]] },
      { v: 1, keys: [['k', 1, ['x']]] },
      { v: 1, keys: {} },
    ]) {
      expect(() => rates.load(broken as never)).toThrowError(/saved rates/);
    }
    expect(rates.count('k', 40_000, DAY)).toBe(40);
  });

  it('holds no more keys than are used: a flood of others is swept', () => {
    const rates = new MemoryRates();
    for (let i = 0; i < 100_000; i++) take(rates, i * 10, 5, 1_000, `key-${i}`);
    // A second of window and a minute of grace, at a hundred keys a second.
    expect(rates.size).toBeLessThan(12_500);
  });

  it('is a plain list of uses, filtered', () => {
    const step = fc.record({
      dt: fc.integer({ min: -50, max: 400 }),
      key: fc.constantFrom('a', 'b'),
      max: fc.integer({ min: 1, max: 4 }),
      release: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const rates = new MemoryRates();
        const plain: { key: string; at: number }[] = [];
        const window = 1_000;
        let now = 10_000;
        for (const { dt, key, max, release } of steps) {
          now = Math.max(0, now + dt);
          const used = plain.filter((use) => use.key === key && use.at > now - window).length;
          expect(rates.count(key, now, window)).toBe(used);
          const answer = take(rates, now, max, window, key);
          expect(isTaken(answer)).toBe(used < max);
          if (!isTaken(answer)) {
            const later = now + answer.wait;
            expect(
              plain.filter((use) => use.key === key && use.at > later - window).length,
            ).toBeLessThan(max);
            expect(
              plain.filter((use) => use.key === key && use.at > later - 1 - window).length,
            ).toBeGreaterThanOrEqual(max);
          } else if (release) answer.release();
          else plain.push({ key, at: now });
        }
      }),
    );
  });
});
