import type { JsonObject } from '@portcullis/wire';
import { describe, expect, it } from 'vitest';
import { MemoryRates } from '../budget/index.ts';
import type { Answer } from '../gate/guard.ts';
import { evaluationOf, type Given, NOON } from './fixtures.ts';
import { type Layer, loadPolicy } from './load.ts';
import type { RateStore } from './types.ts';

const server = (...rules: object[]): Layer => ({
  layer: 'server',
  name: 'test',
  document: { version: 1, rules } as unknown as JsonObject,
});

async function ask(
  layers: Layer | Layer[],
  given: Given = {},
  rates: RateStore = new MemoryRates(),
) {
  const policy = loadPolicy([layers].flat());
  const ev = evaluationOf(given);
  const answer = await policy.evaluate(ev, rates);
  return {
    answer,
    verdict: ev.verdict,
    said: answer.kind === 'pass' ? (ev.verdict?.effect ?? '') : answer.code,
  };
}

/** What a permit rule and a deny rule with the same conditions make of an action. */
async function both(when: object, given: Given): Promise<[string, string]> {
  const permit = await ask(server({ name: 'p', effect: 'permit', when }), given);
  const deny = await ask(
    server({ name: 'd', effect: 'deny', priority: 1, when }, { name: 'all', effect: 'permit' }),
    given,
  );
  return [permit.said, deny.said];
}
const TRUE = ['permit', 'denied_by_rule'];
const FALSE = ['no_matching_rule', 'permit'];
const UNKNOWN = ['no_matching_rule', 'denied_by_rule'];

describe('default deny', () => {
  it('is what an empty document, no layer and no rule come to', async () => {
    for (const layers of [
      [],
      [{ layer: 'server' as const, name: 'e', text: '' }],
      [server()],
      [{ layer: 'server' as const, name: 'e', text: '', format: 'json' as const }],
      [{ layer: 'server' as const, name: 'e', text: '# nothing\n' }],
    ]) {
      expect((await ask(layers)).said).toBe('no_matching_rule');
    }
  });

  it('tells the requester the remedy of the document, and no policy', async () => {
    const { answer } = await ask({
      layer: 'server',
      name: 'x',
      document: { rules: [], remedy: 'Ask for less.' },
    });
    expect(answer).toEqual({
      kind: 'deny',
      code: 'no_matching_rule',
      note: 'no rule of layer server permits this',
      remedy: 'Ask for less.',
    });
  });
});

describe('three-valued conditions', () => {
  const of = (params: JsonObject, tests: object) => both({ params: { '/a': tests } }, { params });

  it('tell a value of another type from one that differs', async () => {
    expect(await of({ a: 5 }, { max: 10 })).toEqual(TRUE);
    expect(await of({ a: 50 }, { max: 10 })).toEqual(FALSE);
    expect(await of({ a: '60000' }, { max: 10 })).toEqual(UNKNOWN);
    expect(await of({}, { max: 10 })).toEqual(UNKNOWN);
    expect(await of({ a: null }, { max: 10 })).toEqual(UNKNOWN);
    expect(await of({ a: true }, { eq: 1 })).toEqual(UNKNOWN);
    expect(await of({ a: 1 }, { eq: true })).toEqual(UNKNOWN);
    expect(await of({ a: 1 }, { eq: 1 })).toEqual(TRUE);
    expect(await of({ a: null }, { eq: null })).toEqual(TRUE);
    expect(await of({}, { eq: null })).toEqual(UNKNOWN);
    expect(await of({ a: 'EUR' }, { in: ['EUR', 'USD'] })).toEqual(TRUE);
    expect(await of({ a: 'eur' }, { in: ['EUR', 'USD'] })).toEqual(FALSE);
    expect(await of({ a: 1 }, { in: ['EUR'] })).toEqual(UNKNOWN);
    expect(await of({ a: 'GBP' }, { not_in: ['EUR'] })).toEqual(TRUE);
    expect(await of({ a: 1 }, { not_in: ['EUR'] })).toEqual(UNKNOWN);
    expect(await of({ a: -1e9 }, { min: 0, max: 10 })).toEqual(FALSE);
    expect(await of({ a: 'x' }, { type: 'string' })).toEqual(TRUE);
    expect(await of({ a: 1.5 }, { type: 'integer' })).toEqual(FALSE);
    expect(await of({}, { present: false })).toEqual(TRUE);
    expect(await of({ a: null }, { present: false })).toEqual(FALSE);
    expect(await of({ a: 'a😀b' }, { length: { min: 3, max: 3 } })).toEqual(TRUE);
    expect(await of({ a: { x: 1 } }, { length: { max: 1 } })).toEqual(TRUE);
    expect(await of({ a: 7 }, { length: { max: 1 } })).toEqual(UNKNOWN);
    expect(await of({ a: '/w/x' }, { glob: '/w/**' })).toEqual(TRUE);
    expect(await of({ a: 'bot@corp.com' }, { matches: '^[a-z]+@corp\\.com$' })).toEqual(TRUE);
    expect(await of({ a: 'bot@corp.com.evil' }, { matches: '^[a-z]+@corp\\.com$' })).toEqual(FALSE);
    expect(await of({ a: 9_007_199_254_740_993 }, { over: 9_007_199_254_740_991 })).toEqual(TRUE);
  });

  it('need every element of a list to permit, and any to restrict', async () => {
    expect(await of({ a: ['x@c', 'y@c'] }, { suffix: '@c' })).toEqual(TRUE);
    expect(await of({ a: ['x@c', 'y@d'] }, { suffix: '@c' })).toEqual([
      'no_matching_rule',
      'denied_by_rule',
    ]);
    expect(await of({ a: ['x@d', 'y@d'] }, { suffix: '@c' })).toEqual(FALSE);
    expect(await of({ a: ['x@c', 5] }, { suffix: '@c' })).toEqual([
      'no_matching_rule',
      'denied_by_rule',
    ]);
    expect(await of({ a: ['x@d', 5] }, { suffix: '@c' })).toEqual(UNKNOWN);
    expect(await of({ a: [] }, { suffix: '@c' })).toEqual(['permit', 'permit']);
    expect(await of({ a: [['x@c']] }, { suffix: '@c' })).toEqual(UNKNOWN);
    // One element within both bounds, not two that share them.
    expect(await of({ a: [5, 25] }, { min: 10, max: 20 })).toEqual(FALSE);
    expect(await of({ a: [1, 2] }, { type: 'array', length: { max: 2 } })).toEqual(TRUE);
  });

  it('see own properties only, __proto__ among them', async () => {
    const params = JSON.parse('{"__proto__": {"a": 1}, "constructor": 2}') as JsonObject;
    expect(
      await both({ params: { '/__proto__/a': { eq: 1 }, '/constructor': { eq: 2 } } }, { params }),
    ).toEqual(TRUE);
    expect(await both({ params: { '/toString': { present: true } } }, { params: {} })).toEqual(
      FALSE,
    );
    expect((await both({ params: { '/__proto__/x': { eq: 1 } } }, { params: {} }))[0]).toBe(
      'no_matching_rule',
    );
  });

  it('combine by Kleene: one definite false, and nothing matches', async () => {
    const params = { '/a': { max: 1 }, '/b': { max: 1 } };
    expect(await both({ params }, { params: { b: 5 } })).toEqual(FALSE);
    expect(await both({ params }, { params: { b: 0 } })).toEqual(UNKNOWN);
  });

  it('know the principal, the session, the time and the environment', async () => {
    const principal = {
      id: 'bot-1',
      kind: 'agent' as const,
      roles: ['support'],
      attributes: { tier: 'gold' },
    };
    const session = { opened: NOON - 60_000, actions: 4, quarantine: 'read_only' as const };
    const env = { ip: '::ffff:10.1.2.3', country: 'IN' };
    const given = { principal, session, env, onBehalfOf: 'alice' };
    const table: [object, string[]][] = [
      [{ principal: { kind: ['user', 'agent'], id: 'bot-1', roles: ['x', 'support'] } }, TRUE],
      [{ principal: { roles: ['x'] } }, FALSE],
      [{ principal: { on_behalf_of: 'alice' } }, TRUE],
      [{ principal: { attributes: { tier: ['silver', 'gold'] } } }, TRUE],
      [{ principal: { attributes: { tier: 'silver' } } }, FALSE],
      [{ principal: { attributes: { tier: 5 } } }, UNKNOWN],
      [{ principal: { attributes: { clearance: 5 } } }, UNKNOWN],
      [{ principal: { attributes: { toString: 'x' } } }, UNKNOWN],
      [{ session: { quarantined: true } }, TRUE],
      [{ time: { between: '12:00-13:00' } }, TRUE],
      [{ time: { between: '17:30-17:30', zone: 'Asia/Kolkata' } }, TRUE],
      [{ time: { between: '13:00-11:59' } }, FALSE],
      [{ env: { ip: ['192.168.0.0/16', '10.0.0.0/8'], country: 'IN' } }, TRUE],
      [{ env: { ip: '11.0.0.0/8' } }, FALSE],
      [{ env: { city: 'Pune' } }, UNKNOWN],
      [{ labels: { '/a': { integrity: 'trusted' } } }, UNKNOWN],
      [{ expr: 'principal.roles.exists(r, r == "support")' }, TRUE],
      [{ expr: 'params.missing > 1' }, UNKNOWN],
    ];
    for (const [when, expected] of table)
      expect([when, await both(when, given)]).toEqual([when, expected]);
    expect(await both({ principal: { on_behalf_of: 'alice' } }, {})).toEqual(FALSE);
    expect(await both({ env: { ip: '0.0.0.0/0' } }, { env: { ip: 'localhost' } })).toEqual(UNKNOWN);
    expect(await both({ session: { quarantined: false } }, { session: null })).toEqual(UNKNOWN);
  });

  it('measure sessions with this action counted', async () => {
    const permit = (session: object, given: Given) =>
      ask(server({ name: 'p', effect: 'permit', when: { session } }), given);
    const deny = (session: object, given: Given) =>
      ask(
        server({ name: 'd', effect: 'deny', when: { session } }, { name: 'p', effect: 'permit' }),
        given,
      );
    expect((await permit({ actions_max: 5 }, { session: { actions: 4 } })).said).toBe('permit');
    expect((await permit({ actions_max: 5 }, { session: { actions: 5 } })).said).toBe(
      'no_matching_rule',
    );
    expect((await deny({ actions_over: 5 }, { session: { actions: 4 } })).said).toBe('permit');
    expect((await deny({ actions_over: 5 }, { session: { actions: 5 } })).said).toBe(
      'denied_by_rule',
    );
    expect((await permit({ age_max: '1m' }, { session: { opened: NOON - 60_000 } })).said).toBe(
      'permit',
    );
    expect((await permit({ age_max: '1m' }, { session: { opened: NOON - 60_001 } })).said).toBe(
      'no_matching_rule',
    );
    expect((await deny({ age_over: '1m' }, { session: { opened: NOON - 60_001 } })).said).toBe(
      'denied_by_rule',
    );
    expect((await deny({ age_over: '1m' }, { session: null })).said).toBe('denied_by_rule');
  });

  it('of a restriction leave out what is absent where the rule says so', async () => {
    const rule = {
      name: 'd',
      effect: 'deny',
      priority: 1,
      when: { params: { '/a': { over: 5 } } },
    };
    const all = { name: 'p', effect: 'permit' };
    expect((await ask(server(rule, all), {})).said).toBe('denied_by_rule');
    expect((await ask(server({ ...rule, absent: 'no_match' }, all), {})).said).toBe('permit');
    expect(
      (await ask(server({ ...rule, absent: 'no_match' }, all), { params: { a: 6 } })).said,
    ).toBe('denied_by_rule');
  });
});

describe('a permit rule that lists parameters', () => {
  const listed = (params: object) => server({ name: 'p', effect: 'permit', when: { params } });

  it('knows no others, at any depth, unless it says so', async () => {
    const rule = listed({ '/a/b': { max: 5 }, '/c': { present: true } });
    expect((await ask(rule, { params: { a: { b: 1 }, c: { anything: [1] } } })).said).toBe(
      'permit',
    );
    expect((await ask(rule, { params: { a: { b: 1 }, c: 1, d: 1 } })).said).toBe(
      'no_matching_rule',
    );
    expect((await ask(rule, { params: { a: { b: 1, x: 1 }, c: 1 } })).said).toBe(
      'no_matching_rule',
    );
    const open = listed({ '/a/b': { max: 5 }, other: 'any' });
    expect((await ask(open, { params: { a: { b: 1, x: 1 }, d: 1 } })).said).toBe('permit');
    expect((await ask(listed({}), { params: { a: 1 } })).said).toBe('no_matching_rule');
    expect((await ask(listed({ '/l/0': { max: 5 } }), { params: { l: [1] } })).said).toBe('permit');
    expect((await ask(listed({ '/l/0': { max: 5 } }), { params: { l: [1, 2] } })).said).toBe(
      'no_matching_rule',
    );
  });
});

describe('precedence', () => {
  const rule = (effect: string, more: object = {}) => ({
    name: `${effect}${JSON.stringify(more)}`.replace(/[^a-z0-9]/gi, ''),
    effect,
    ...(effect === 'modify' ? { then: { set: { '/x': { value: 1 } } } } : {}),
    ...more,
  });

  it('in a class is deny, require_approval, defer, modify, permit', async () => {
    const order = ['permit', 'modify', 'defer', 'require_approval', 'deny'];
    for (let strictest = 0; strictest < order.length; strictest++) {
      const { verdict } = await ask(
        server(...order.slice(0, strictest + 1).map((effect) => rule(effect))),
      );
      expect(verdict?.effect).toBe(order[strictest]);
    }
  });

  it('between classes is the lower number; a final deny beats all', async () => {
    const when = { principal: { kind: 'agent' } };
    expect(
      (
        await ask(
          server(
            rule('deny', { priority: 200 }),
            rule('permit', { when, priority: 5, then: { notify: 'x' } }),
            rule('permit', { priority: 300, when }),
          ).document === undefined
            ? []
            : server(
                rule('deny', { priority: 10, when: { action: 'other' } }),
                rule('permit', { priority: 20 }),
              ),
        )
      ).said,
    ).toBe('permit');
    expect(
      (
        await ask(
          server(
            rule('permit', { priority: 5, when }),
            rule('deny', { priority: 200, final: true }),
          ),
        )
      ).said,
    ).toBe('denied_by_rule');
    expect(
      (
        await ask(
          server(rule('require_approval', { priority: 5, when }), rule('permit', { priority: 6 })),
        )
      ).verdict?.effect,
    ).toBe('require_approval');
    expect(
      (
        await ask(
          server(rule('permit', { priority: 5, when }), rule('require_approval', { priority: 6 })),
        )
      ).verdict?.effect,
    ).toBe('permit');
  });

  it('of layers is the strictest; every layer must permit; demands add up', async () => {
    const layer = (name: Layer['layer'], ...rules: object[]): Layer => ({
      ...server(...rules),
      layer: name,
    });
    const permit = rule('permit');
    expect((await ask([layer('server', permit), layer('session', permit)])).said).toBe('permit');
    expect((await ask([layer('server', permit), layer('session')])).said).toBe('no_matching_rule');
    expect((await ask([layer('server'), layer('session', permit)])).said).toBe('no_matching_rule');
    expect(
      (await ask([layer('session', rule('deny')), layer('server', permit)])).answer,
    ).toMatchObject({ code: 'denied_by_rule', note: expect.stringContaining('session') });
    expect(
      (await ask([layer('server', rule('defer')), layer('tenant', rule('modify'))])).said,
    ).toBe('deferred');
    const { answer, verdict } = await ask([
      layer('server', rule('modify')),
      layer(
        'tenant',
        rule('require_approval', { then: { approvers: ['lead'], quorum: 2, judge: 'L2' } }),
      ),
      layer('session', permit),
    ]);
    expect(verdict?.effect).toBe('require_approval');
    expect((answer as Extract<Answer, { kind: 'pass' }>).demands).toEqual([
      { kind: 'modification', rule: 'modify', set: { '/x': { value: 1 } } },
      { kind: 'judgement', rule: verdict?.rule, tier: 'L2' },
      { kind: 'approval', rule: verdict?.rule, approvers: ['lead'], quorum: 2 },
    ]);
  });

  it('takes the documents of a layer as one set', async () => {
    const other: Layer = {
      ...server({ name: 'late', effect: 'deny', priority: 1 }),
      name: 'other',
    };
    expect((await ask([server({ name: 'early', effect: 'permit' }), other])).said).toBe(
      'denied_by_rule',
    );
    expect(() =>
      loadPolicy([
        server({ name: 'a', effect: 'permit' }),
        { ...server({ name: 'a', effect: 'deny' }), name: 'other' },
      ]),
    ).toThrowError(/is taken/);
  });

  it('makes every matching modification and approval of the class a demand, and carries the verdict', async () => {
    const { answer, verdict } = await ask(
      server(
        {
          name: 'm1',
          effect: 'modify',
          when: { params: { '/a': { min: 0 }, other: 'any' } },
          then: { set: { '/a': { cap: 5 } }, notify: 'ops' },
          reason: 'why',
        },
        { name: 'm2', effect: 'modify', then: { set: { '/b': { value: true } } } },
        { name: 'm3', effect: 'modify', then: { set: { '/missing': { cap: 5 } } } },
        { name: 'p', effect: 'permit' },
      ),
      { params: { a: 9 } },
    );
    expect(answer).toMatchObject({ kind: 'pass', demands: [{ rule: 'm1' }, { rule: 'm2' }] });
    expect(verdict).toMatchObject({
      effect: 'modify',
      rule: 'm1',
      reason: 'why',
      notify: 'ops',
      rates: [],
    });
  });

  it('gives the remedy of the rule that denies, and names the rule to the auditor alone', async () => {
    const { answer } = await ask(
      server({ name: 'secret-name', effect: 'deny', reason: 'internal', remedy: 'Use the form.' }),
    );
    expect(answer).toEqual({
      kind: 'deny',
      code: 'denied_by_rule',
      remedy: 'Use the form.',
      note: 'rule secret-name of layer server',
    });
  });
});

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

describe('invariants', () => {
  const policyOf = (invariant: object, declared?: JsonObject) =>
    loadPolicy(
      [
        {
          layer: 'server',
          name: 'i',
          document: {
            rules: [{ name: 'all', effect: 'permit' }],
            invariants: [{ name: 'cap', ...invariant }],
          } as JsonObject,
        },
      ],
      {
        declaredParams: () => declared,
      },
    );
  const check = (invariant: object, given: Given, declared?: JsonObject) =>
    policyOf(invariant, declared).checkInvariants(evaluationOf(given));
  const VIOLATED = { kind: 'deny', code: 'invariant_violated' };
  const HELD = { kind: 'pass' };

  it('are violated by what is missing or of another type', () => {
    const cap = { action: 'issue_refund', param: '/amount', max: 50_000 };
    expect(check(cap, { params: { amount: 50_000 } })).toEqual(HELD);
    for (const amount of [50_001, '60000', null, true, [1, 60_000], [1, '1'], { x: 1 }]) {
      expect(check(cap, { params: { amount } as JsonObject })).toMatchObject(VIOLATED);
    }
    expect(check(cap, { params: {} })).toMatchObject(VIOLATED);
    expect(check(cap, { params: {}, action: 'other' })).toEqual(HELD);
    expect(check({ ...cap, min: 0 }, { params: { amount: -1e9 } })).toMatchObject(VIOLATED);
    expect(
      check({ action: ['issue_*'], param: '/c', in: ['EUR'] }, { params: { c: 'USD' } }),
    ).toMatchObject(VIOLATED);
  });

  it('without an action are on every action that carries the field or declares it', () => {
    const cap = { param: '/amount', max: 10 };
    const declared = { type: 'object', properties: { amount: { type: 'number' } } };
    expect(check(cap, { params: {} })).toEqual(HELD);
    expect(check(cap, { params: { amount: 11 } })).toMatchObject(VIOLATED);
    expect(check(cap, { params: {} }, declared)).toMatchObject(VIOLATED);
    expect(check({ param: '/toString', max: 10 }, { params: {} }, declared)).toEqual(HELD);
  });

  it('bound sessions, and allow and block actions', () => {
    expect(check({ session: { actions_max: 3 } }, { session: { actions: 2 } })).toEqual(HELD);
    expect(check({ session: { actions_max: 3 } }, { session: { actions: 3 } })).toMatchObject(
      VIOLATED,
    );
    expect(
      check({ session: { age_max: '1h' } }, { session: { opened: NOON - 3_600_001 } }),
    ).toMatchObject(VIOLATED);
    expect(check({ session: { age_max: '1h' } }, { session: null })).toMatchObject(VIOLATED);
    expect(check({ allowed_actions: ['fs.*'] }, { action: 'fs.read' })).toEqual(HELD);
    expect(check({ allowed_actions: ['fs.*'] }, { action: 'fs.a.b' })).toMatchObject(VIOLATED);
    expect(check({ blocked_actions: 'proc.**' }, { action: 'proc.exec' })).toMatchObject(VIOLATED);
  });

  it('hold for every layer, name themselves to the auditor, and set nothing', () => {
    const policy = loadPolicy([
      {
        layer: 'server',
        name: 's',
        document: { invariants: [{ name: 'a', blocked_actions: 'x' }] },
      },
      {
        layer: 'session',
        name: 'p',
        document: { invariants: [{ name: 'b', blocked_actions: 'issue_refund' }] },
      },
    ]);
    const ev = evaluationOf();
    expect(policy.checkInvariants(ev)).toEqual({
      ...VIOLATED,
      note: 'invariant b: issue_refund is a blocked action',
    });
    expect(ev.verdict).toBeUndefined();
  });
});

describe('the index', () => {
  it('asks only rules of the action, and forgets names that a flood brought', async () => {
    const rules = Array.from({ length: 500 }, (_, i) => ({
      name: `r${i}`,
      effect: 'permit',
      when: { action: [`a${i}.*`, `b${i}`] },
    }));
    const policy = loadPolicy([
      server(...rules, { name: 'wild', effect: 'deny', priority: 1, when: { action: '*.admin' } }),
    ]);
    const rates = new MemoryRates();
    for (let i = 0; i < 5_000; i++)
      await policy.evaluate(evaluationOf({ action: `flood${i}` }), rates);
    const said = async (action: string) => {
      const ev = evaluationOf({ action });
      await policy.evaluate(ev, rates);
      return ev.verdict?.rule;
    };
    expect(await said('a7.x')).toBe('r7');
    expect(await said('b7')).toBe('r7');
    expect(await said('a7.admin')).toBe('wild');
    expect(await said('a7.x.y')).toBeUndefined();
  });
});

describe('a policy', () => {
  it('has a digest over what it says, not over how it is written', () => {
    const yaml =
      'version: 1\nrules:\n  - {name: a, effect: permit, when: {action: fs.read}} # comment\n';
    const json =
      '{"rules": [{"when": {"action": "fs.read"}, "effect": "permit", "name": "a"}], "version": 1}';
    const toml = 'version = 1\n[[rules]]\nname = "a"\neffect = "permit"\nwhen.action = "fs.read"\n';
    const digests = [
      loadPolicy([{ layer: 'server', name: 'x', text: yaml }]).digest,
      loadPolicy([{ layer: 'server', name: 'y', text: json, format: 'json' }]).digest,
      loadPolicy([{ layer: 'server', name: 'z', text: toml, format: 'toml' }]).digest,
      loadPolicy([{ layer: 'server', name: 'o', document: JSON.parse(json) }]).digest,
    ];
    // Pinned: a digest in a journal of years ago must still be found.
    expect(new Set(digests)).toEqual(
      new Set(['a2d07a1cb72e7ac08fcb10cbd5d0a7e2e4a6a6dd2dd0a4a6ab7ac52d34f8be1e']),
    );
    expect(loadPolicy([{ layer: 'tenant', name: 'x', text: yaml }]).digest).not.toBe(digests[0]);
  });

  it('is not changed by who still holds the document', async () => {
    const document = { rules: [{ name: 'a', effect: 'deny' }] } as JsonObject;
    const policy = loadPolicy([{ layer: 'server', name: 'x', document }]);
    (document.rules as JsonObject[])[0] = { name: 'a', effect: 'permit' };
    expect(await policy.evaluate(evaluationOf(), new MemoryRates())).toMatchObject({
      code: 'denied_by_rule',
    });
    expect(Object.isFrozen(policy)).toBe(true);
  });
});
