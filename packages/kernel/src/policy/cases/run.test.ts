import { describe, expect, it } from 'vitest';
import { explainPolicy } from '../explain.ts';
import { loadPolicy } from '../load.ts';
import { policyOfCases, runPolicyCases } from './run.ts';

const policy = loadPolicy([
  {
    layer: 'server',
    name: 'refunds',
    text: `
rules:
  - name: small
    effect: permit
    when: {principal: {roles: support}, action: issue_refund, params: {/amount: {min: 0, max: 100}}, rate: {max: 2, per: 1h, by: [principal]}}
  - name: capped
    effect: modify
    when: {principal: {roles: lead}, action: issue_refund, params: {/amount: {min: 0}}}
    then: {set: {/amount: {cap: 500}}}
  - {name: held, effect: require_approval, when: {action: wire_money, time: {between: "09:00-18:00"}}}
  - {name: reading, effect: permit, when: {action: fs.read, resource: /w/**}}
  - {name: no-keys, effect: deny, priority: 1, when: {action: fs.read, resource: "**/*.key"}, remedy: not keys}
  - {name: unused, effect: defer, when: {action: never_asked}}
invariants:
  - {name: cap, action: issue_refund, param: /amount, max: 10000}
`,
  },
]);

const TABLE = `
version: 1
policy: refunds.yaml
start_dir: /w
now: 2026-01-05T12:00:00Z
principals:
  bot: {id: bot-1, roles: [support]}
  lead: {id: ann, kind: user, roles: [lead]}
actions:
  refund: {action: issue_refund, params: {amount: 50}}
cases:
  - {name: small, principal: bot, action: refund, expect: {effect: permit, code: permitted, rule: small}}
  - {name: third in an hour, principal: bot, action: refund, times: 3, expect: {effect: deny, code: rate_limited}}
  - {name: one in half an hour, principal: bot, action: refund, times: 5, every: 31m, expect: {effect: permit}}
  - {name: too much, principal: bot, action: refund, params: {amount: 101}, expect: {effect: deny, code: no_matching_rule}}
  - {name: hard cap, principal: lead, action: refund, params: {amount: 10001}, expect: {effect: deny, code: invariant_violated}}
  - {name: capped, principal: lead, action: refund, params: {amount: 900}, expect: {effect: modify, code: modified, rule: capped, params: {amount: 500}}}
  - {name: held, principal: lead, action: {action: wire_money}, expect: {effect: require_approval, code: approval_required}}
  - {name: not at night, principal: lead, action: {action: wire_money}, now: 2026-01-05T22:00:00Z, expect: {effect: deny}}
  - {name: relative, principal: bot, action: {action: fs.read, resource: src/x.ts}, expect: {effect: permit, rule: reading}}
  - {name: escape, principal: bot, action: {action: fs.read, resource: ../etc/passwd}, expect: {effect: deny}}
  - {name: keys, principal: bot, action: {action: fs.read}, resource: a/b.key, expect: {effect: deny, rule: no-keys}}
  - {name: bad url, principal: bot, action: {action: http.get, resource: "ftp://x"}, expect: {effect: deny, code: invalid_resource}}
`;

describe('tables of cases', () => {
  it('run against the policy alone and name what no case reaches', async () => {
    const report = await runPolicyCases(policy, TABLE);
    expect(report.cases.filter(({ ok }) => !ok)).toEqual([]);
    expect(report).toMatchObject({
      ok: true,
      passed: 12,
      failed: 0,
      coverage: { rules: 6, covered: 5, missing: ['unused'] },
    });
    expect(report.cases[0]).toMatchObject({ name: 'small', line: 12 });
    expect(policyOfCases(TABLE)).toBe('refunds.yaml');
  });

  it('say how a case differs', async () => {
    const wrong = `
cases:
  - {name: a, principal: {id: x}, action: {action: fs.read, resource: /w/a}, expect: {effect: deny, rule: other}}
  - {name: b, principal: {id: x, roles: [support]}, action: {action: issue_refund, params: {amount: 5}}, times: 4, expect: {effect: deny}}
`;
    const report = await runPolicyCases(policy, wrong);
    expect(report).toMatchObject({ ok: false, passed: 0, failed: 2 });
    expect(report.cases[0]?.differences).toEqual([
      'effect: expected deny, got permit',
      'rule: expected other, got reading',
    ]);
    expect(report.cases[1]?.differences).toEqual(['turn 3 of 4 came to deny (rate_limited)']);
  });

  it('that are wrong themselves run no case, and say where', async () => {
    for (const [text, code] of [
      [
        'cases: [{name: a, principal: who, action: what, expect: {effect: deny}}]',
        'unknown_fixture',
      ],
      [
        'cases: [{name: a, principal: {id: a}, action: {action: x}, expect: {efect: deny}}]',
        'unknown_key',
      ],
      [
        'cases: [{name: a, principal: {id: a}, action: {action: x}, now: yesterday, expect: {effect: deny}}]',
        'bad_time',
      ],
      // A time of day in no zone is another instant on every machine.
      [
        'cases: [{name: a, principal: {id: a}, action: {action: x}, now: 2026-01-05 12:00, expect: {effect: deny}}]',
        'bad_time',
      ],
      ['cases: {', 'syntax'],
      ['', 'missing_key'],
    ]) {
      const report = await runPolicyCases(policy, text as string);
      expect(report.ok).toBe(false);
      expect(report.cases).toEqual([]);
      expect([text, report.diagnostics.map((found) => found.code)]).toEqual([
        text,
        expect.arrayContaining([code]),
      ]);
    }
  });
});

describe('explainPolicy', () => {
  it('shows every rule that the action meets and what each condition comes to', async () => {
    const explained = await explainPolicy(policy, {
      principal: { id: 'bot-1', roles: ['support'] },
      action: 'issue_refund',
      params: { amount: '50' },
      now: '2026-01-05T12:00:00Z',
    });
    expect(explained.decision).toMatchObject({ effect: 'deny', code: 'invariant_violated' });
    expect(explained.invariants).toEqual([
      { name: 'cap', violated: expect.stringContaining('/amount') },
    ]);
    expect(explained.others).toBe(4);
    expect(explained.rules.map(({ name, truth, matches }) => [name, truth, matches])).toEqual([
      ['capped', 'false', false],
      ['small', 'unknown', false],
    ]);
    expect(explained.rules[1]?.conditions).toEqual([
      { path: '/when/principal/roles', truth: 'true' },
      { path: '/when/params/~1amount', truth: 'unknown' },
      { path: '/when/params', truth: 'true' },
      { path: '/when/rate', truth: 'true' },
    ]);
  });

  it('says which rule decided, and what is wrong with an action that is none', async () => {
    const read = await explainPolicy(policy, {
      principal: { id: 'x' },
      action: 'fs.read',
      resource: '/w/a.key',
    });
    expect(read.decision).toMatchObject({ effect: 'deny', rule: 'no-keys', remedy: 'not keys' });
    expect(read.rules.filter(({ decided }) => decided).map(({ name }) => name)).toEqual([
      'no-keys',
    ]);
    const none = await explainPolicy(policy, {
      principal: { id: 'x' },
      action: 'http.get',
      resource: 'nowhere',
    });
    expect(none).toMatchObject({ decision: undefined, refused: { code: 'invalid_resource' } });
  });
});
