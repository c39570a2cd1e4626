/** Budgets against a naive book that keeps every entry: the same answers, over windows, releases, clocks set back, and a restart in between. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Ledger, type Spend } from './ledger.ts';

const spend = (amount: number, more: Partial<Spend> = {}): Spend => ({
  of: 'money',
  key: '["default","server","b"]',
  max: 10,
  window: 1_000,
  amount,
  ...more,
});

describe('a ledger', () => {
  it('answers as a book that forgets nothing', () => {
    const step = fc.record({
      after: fc.integer({ min: -200, max: 700 }),
      amounts: fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 1, maxLength: 3 }),
      key: fc.constantFrom('a', 'b'),
      window: fc.constantFrom(0, 1_000),
      release: fc.boolean(),
      restart: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        let ledger = new Ledger();
        const book: { key: string; at: number; amount: number }[] = [];
        let now = 1_000_000;
        for (const { after, amounts, key, window, release, restart } of steps) {
          now += after;
          const name = `${key}${window}`;
          const spends = amounts.map((amount) => spend(amount, { key: name, window }));
          const used = book
            .filter((entry) => entry.key === name && (window === 0 || entry.at > now - window))
            .reduce((sum, { amount }) => sum + amount, 0);
          let more = 0;
          const fits = amounts.every((amount) => {
            more += amount;
            return amount === 0 ? used < 10 : used + more <= 10;
          });
          expect(ledger.used(name, window, now)).toBe(used);
          const taken = ledger.take(spends, now);
          expect('release' in taken).toBe(fits);
          if ('release' in taken && release) {
            taken.release();
            taken.release();
          } else if (fits) for (const amount of amounts) book.push({ key: name, at: now, amount });
          if (!restart) continue;
          const saved = JSON.parse(JSON.stringify(ledger.save()));
          ledger = new Ledger();
          ledger.load(saved);
        }
      }),
    );
  });

  it('counts over the window that the policy says now, a restart in between too', () => {
    let ledger = new Ledger();
    const restart = () => {
      const saved = JSON.parse(JSON.stringify(ledger.save()));
      ledger = new Ledger();
      ledger.load(saved);
    };
    const take = (window: number, now: number) =>
      'release' in ledger.take([spend(4, { window })], now);
    const hour = 3_600_000;
    expect(take(hour, 0)).toBe(true);
    for (const _ of [0, 1]) {
      expect(take(24 * hour, hour / 2)).toBe(_ === 0);
      expect(take(24 * hour, 5 * hour)).toBe(false);
      expect(ledger.used(spend(0).key, 24 * hour, 5 * hour)).toBe(8);
      restart();
    }
    // Shorter again, and then for good: what the window counted at that moment stays.
    expect(take(hour, 6 * hour)).toBe(true);
    expect(take(0, 6 * hour)).toBe(false);
    restart();
    expect(take(0, 900 * hour)).toBe(false);
  });

  it('forgets nothing of a budget that was for good, whatever window it has in between and whatever was still under way', () => {
    const hour = 3_600_000;
    const { key } = spend(0);
    const late = (id: string, window: number): void =>
      ledger.began(id, [spend(0, { of: 'tokens', window })]);
    let ledger = new Ledger();
    const take = (amount: number, window: number, now: number) =>
      'release' in ledger.take([spend(amount, { window })], now);
    expect(take(8, 0, 0)).toBe(true);
    late('for good', 0);
    // For an hour it has a window.
    expect(take(3, hour, hour)).toBe(true);
    late('an hour', hour);
    // What began before is counted as it is kept now, and takes nothing away.
    ledger.settle('for good', { tokens: 2 }, hour);
    expect(ledger.used(key, hour, hour)).toBe(5);
    // Others come and go meanwhile, so that what is empty is looked for.
    for (let n = 0; n < 10; n++) ledger.take([spend(1, { key: `other ${n}` })], 9 * hour);
    expect(ledger.used(key, hour, 9 * hour)).toBe(0);
    for (const now of [9 * hour, 10 * hour]) {
      expect(take(3, 0, now)).toBe(false);
      expect(ledger.used(key, 0, now)).toBeGreaterThanOrEqual(8);
      const saved = JSON.parse(JSON.stringify(ledger.save()));
      ledger = new Ledger();
      ledger.load(saved);
    }
    const before = ledger.used(key, 0, 10 * hour);
    ledger.settle('an hour', { tokens: 1 }, 10 * hour);
    expect(ledger.used(key, 0, 10 * hour)).toBe(before + 1);
  });

  it('costs the same to ask, however many small amounts there are: else this would take minutes', () => {
    const ledger = new Ledger();
    const many = 100_000;
    const one = spend(1, { max: many, window: 1_000_000_000 });
    for (let now = 1; now <= many; now++) ledger.take([one], now);
    expect(ledger.used(one.key, one.window, many)).toBe(many);
    const full = { full: 0, wait: 1_000_000_000 - many };
    for (let i = 0; i < many; i++) ledger.take([one], many + 1);
    expect(ledger.take([one], many + 1)).toEqual(full);
  });

  it('says when there is room: not before, and then', () => {
    const ledger = new Ledger();
    ledger.take([spend(6)], 0);
    ledger.take([spend(4)], 400);
    const full = ledger.take([spend(5)], 500);
    expect(full).toEqual({ full: 0, wait: 500 });
    expect('full' in ledger.take([spend(5)], 999)).toBe(true);
    expect('release' in ledger.take([spend(5)], 1_000)).toBe(true);
    expect(ledger.take([spend(11)], 5_000)).toEqual({ full: 0, wait: Number.POSITIVE_INFINITY });
  });

  it('takes all of them or nothing', () => {
    const ledger = new Ledger();
    const other = spend(20, { key: 'other' });
    expect(ledger.take([spend(3), other], 0)).toMatchObject({ full: 1 });
    expect(ledger.used(spend(0).key, 1_000, 0)).toBe(0);
  });

  it('adds what is known afterwards once, and what came of another action never', () => {
    const ledger = new Ledger();
    const bytes = spend(0, { of: 'bytes', max: 100 });
    ledger.began('a', [bytes]);
    ledger.settle('a', { bytes: 30.2 }, 0);
    ledger.settle('a', { bytes: 30 }, 0);
    ledger.settle('b', { bytes: 30 }, 0);
    expect(ledger.used(bytes.key, 1_000, 0)).toBe(31);
  });
});
