import { describe, expect, it } from 'vitest';
import { MemoryRates } from '../budget/index.ts';
import { loadPolicy } from './load.ts';
import { ask, evaluationOf, type Given, NOON, server } from './testing/fixtures.ts';
import type { RateStore } from './types.ts';

describe('rates', () => {
  const limited = (rate: object, effect = 'permit') =>
    server(
      { name: 'r', effect, when: { rate } },
      ...(effect === 'permit' ? [] : [{ name: 'p', effect: 'permit' }]),
    );

  it('say rate_limited and when, where a full rate alone kept a permit from matching', async () => {
    const policy = loadPolicy([limited({ max: 2, per: '1h', by: ['principal', 'action'] })]);
    const rates = new MemoryRates();
    for (let turn = 0; turn < 2; turn++) {
      const ev = evaluationOf({ now: NOON + turn * 1_000 });
      expect(await policy.evaluate(ev, rates)).toEqual({ kind: 'pass' });
      rates.reserve(ev.verdict?.rates ?? [], ev.now);
    }
    expect(await policy.evaluate(evaluationOf({ now: NOON + 2_000 }), rates)).toMatchObject({
      kind: 'deny',
      code: 'rate_limited',
      retryAfter: 3_598,
    });
    expect(
      await policy.evaluate(evaluationOf({ now: NOON + 2_000, principal: { id: 'bot-2' } }), rates),
    ).toEqual({ kind: 'pass' });
    expect(await policy.evaluate(evaluationOf({ now: NOON + 3_600_000 }), rates)).toEqual({
      kind: 'pass',
    });
    const wrong = loadPolicy([
      server({
        name: 'r',
        effect: 'permit',
        when: { action: 'other', rate: { max: 1, per: '1h' } },
      }),
    ]);
    expect(await wrong.evaluate(evaluationOf(), rates)).toMatchObject({ code: 'no_matching_rule' });
  });

  it('fall through to the next permit, and to a deny, where they are full', async () => {
    const rates = new MemoryRates();
    rates.reserve(
      [{ key: JSON.stringify(['default', 'server', 'r']), max: 1, window: 3_600_000 }],
      NOON,
    );
    const rate = { name: 'r', effect: 'permit', when: { rate: { max: 1, per: '1h' } } };
    expect(
      (await ask(server(rate, { name: 'q', effect: 'permit' }), {}, rates)).verdict?.rule,
    ).toBe('q');
    expect(
      (await ask(server(rate, { name: 'q', effect: 'deny', priority: 200 }), {}, rates)).said,
    ).toBe('denied_by_rule');
    expect((await ask(server(rate), {}, rates)).said).toBe('rate_limited');
  });

  it('of restrictions count what went through, and restrict from the next on', async () => {
    const policy = loadPolicy([limited({ over: 2, per: '1h' }, 'require_approval')]);
    const rates = new MemoryRates();
    const effects: (string | undefined)[] = [];
    for (let turn = 0; turn < 4; turn++) {
      const ev = evaluationOf();
      await policy.evaluate(ev, rates);
      effects.push(ev.verdict?.effect);
      expect('full' in rates.reserve(ev.verdict?.rates ?? [], ev.now)).toBe(false);
    }
    expect(effects).toEqual(['permit', 'permit', 'require_approval', 'require_approval']);
  });

  it('have keys that nothing else has, whatever the names are', async () => {
    const key = async (by: string[], given: Given, name = 'r') => {
      const { verdict } = await ask(
        server({ name, effect: 'permit', when: { rate: { max: 5, per: '1h', by } } }),
        given,
      );
      return verdict?.rates[0]?.key;
    };
    const keys = [
      await key(['principal', 'action'], { principal: { id: 'a:b' }, action: 'c' }),
      await key(['principal', 'action'], { principal: { id: 'a' }, action: 'b' }),
      await key(['principal'], { principal: { id: 'a"],["b' } }),
      await key(['principal'], { principal: { id: 'a' } }),
      await key(['action'], { action: 'a' }),
      await key(['/id'], { params: { id: 'a' } }),
      await key(['/id'], { params: { id: ['a'] } }),
      await key(['/id'], { params: { id: 1 } }),
      await key(['/id'], { params: { id: '1' } }),
      await key([], {}),
      await key([], { tenant: 'other' }),
      await key([], {}, 'r2'),
      await key(['/id'], { params: { id: 'x'.repeat(100_000) } }),
      await key(['/id'], { params: { id: 'x'.repeat(100_001) } }),
    ];
    expect(new Set(keys).size).toBe(keys.length);
    expect(keys.every((text) => (text?.length ?? 999) <= 512)).toBe(true);
    expect(keys[0]).toBe('["default","server","r",["principal","a:b"],["action","c"]]');
  });

  it('are unknown where they are counted by something missing', async () => {
    expect((await ask(limited({ max: 1, per: '1h', by: ['/id'] }))).said).toBe('no_matching_rule');
    expect((await ask(limited({ over: 1, per: '1h', by: ['/id'] }, 'deny'))).said).toBe(
      'denied_by_rule',
    );
    expect(
      (await ask(limited({ max: 1, per: '1h', by: ['session'] }), { session: null })).said,
    ).toBe('no_matching_rule');
  });

  it('of a store that is silent, throws or lies are unknown, with a code of their own', async () => {
    const reserve = () => ({ full: 0, wait: 1 });
    const stores: RateStore[] = [
      {
        reserve,
        count: () => {
          throw new Error('down');
        },
      },
      { reserve, count: () => Promise.reject(new Error('down')) },
      { reserve, count: () => Number.NaN },
      { reserve, count: () => -1 },
      { reserve, count: () => 'many' as never },
      { reserve, count: () => Promise.resolve(undefined as never) },
    ];
    for (const store of stores) {
      expect((await ask(limited({ max: 5, per: '1h' }), {}, store)).said).toBe('store_unavailable');
      expect((await ask(limited({ over: 5, per: '1h' }, 'deny'), {}, store)).said).toBe(
        'store_unavailable',
      );
    }
  });

  it('are asked for once a decision, together, where the store answers later', async () => {
    const asked: string[] = [];
    const store: RateStore = {
      count: async (key) => {
        asked.push(key);
        return 9;
      },
      reserve: async () => ({ full: 0, wait: 90_000 }),
    };
    const rules = ['a', 'b'].map((name) => ({
      name,
      effect: 'permit',
      when: { rate: { max: 1, per: '1h' } },
    }));
    expect((await ask(server(...rules), {}, store)).answer).toMatchObject({
      code: 'rate_limited',
      retryAfter: 90,
    });
    expect(asked).toHaveLength(2);
  });
});
