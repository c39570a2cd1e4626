// biome-ignore-all lint/suspicious/noThenProperty: rules have a then.
import { describe, expect, it } from 'vitest';
import type { Answer } from '../gate/guard.ts';
import { type Layer, loadPolicy } from './load.ts';
import { ask, server } from './testing/fixtures.ts';

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
    const other = rule('deny', { priority: 10, when: { action: 'other' } });
    expect((await ask(server(other, rule('permit', { priority: 20 })))).said).toBe('permit');
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
      {
        kind: 'approval',
        rule: verdict?.rule,
        digest: expect.stringMatching(/^[0-9a-f]{64}$/),
        approvers: ['lead'],
        quorum: 2,
      },
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
