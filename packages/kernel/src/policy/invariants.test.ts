import type { JsonObject } from '@portcullis/wire';
import { describe, expect, it } from 'vitest';
import { loadPolicy } from './load.ts';
import { evaluationOf, type Given, NOON } from './testing/fixtures.ts';

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
