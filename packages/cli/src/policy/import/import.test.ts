/** Policies of other systems: what becomes of each word, that nothing is left out in silence, and that no rule permits more than it did there. */
import { explainPolicy, loadPolicy } from '@portcullis/kernel';
import type { JsonObject } from '@portcullis/wire';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { call } from '../../testing/call.ts';
import { type Place, place } from '../../testing/run.ts';
import { importPolicy, type SystemName } from './import.ts';

const imported = (from: SystemName, given: object) => {
  const { document, diagnostics } = importPolicy(from, JSON.stringify(given), 'json');
  return { document, codes: diagnostics.map(({ code }) => code), diagnostics };
};

/** The effect that the policy has on an action. */
async function effect(
  document: JsonObject | undefined,
  action: JsonObject,
  principal: JsonObject = {},
): Promise<string | undefined> {
  const policy = loadPolicy([{ layer: 'server', name: 'imported', document: document ?? {} }]);
  const { decision } = await explainPolicy(policy, {
    ...action,
    principal: { id: 'bot', kind: 'agent', roles: [], ...principal },
    startDir: '/',
  } as never);
  return decision?.effect;
}

describe('Agent OS Kernel', () => {
  const policy = {
    capabilities: [
      { action: 'fs.read', resource: '/workspace/**' },
      { action: 'net.http', resource: 'https://api.example.com/**', constraint: { method: 'GET' } },
      { action: 'kv.set', resource: 'a/b', constraint: { ttl: 5, on: true } },
    ],
  };

  test('what it permitted is permitted, and its known ways around are none', async () => {
    const { document } = imported('agent-os', policy);
    const ask = (action: string, resource: string, params?: JsonObject) =>
      effect(document, { action, resource, ...(params === undefined ? {} : { params }) });
    expect(await ask('fs.read', '/workspace/a/b.csv')).toBe('permit');
    expect(await ask('http.get', 'https://api.example.com/v1/x')).toBe('permit');
    expect(await ask('kv.set', 'a/b', { ttl: 5, on: true, more: 1 })).toBe('permit');
    for (const [action, resource, params] of [
      ['fs.read', '/workspace/../etc/passwd'],
      ['fs.write', '/workspace/a'],
      ['http.post', 'https://api.example.com/v1/x'],
      ['http.get', 'https://api.example.com.evil.io/x'],
      ['kv.set', 'a/b', { ttl: 5, on: 1 }],
      ['kv.set', 'a/b', { ttl: 5 }],
      ['kv.set', 'a/b', { arguments: { ttl: 5, on: true } }],
    ] as [string, string, JsonObject?][])
      expect(await ask(action, resource, params), `${action} ${resource}`).not.toBe('permit');
  });

  test('a typo, a pattern with another meaning and a constraint that is no value are mistakes', () => {
    const of = (one: object) =>
      imported('agent-os', { capabilities: [{ action: 'fs.read', resource: '/a', ...one }] });
    expect(of({ constraints: { a: 1 } }).codes).toContain('unknown_key');
    expect(of({ resource: '/a/[bc]' }).codes).toContain('bad_glob');
    expect(of({ constraint: { a: [1] } }).document).toBeUndefined();
    expect(of({ action: 'net.http', constraint: { method: 'BREW' } }).codes).toContain('bad_value');
    expect(of({ resource: '/a/*' })).toMatchObject({ codes: ['narrower'] });
    expect(imported('agent-os', {}).codes).toEqual(['missing_key']);
  });
});

describe('Kavach', () => {
  const refunds = {
    name: 'small refunds',
    effect: 'permit',
    conditions: [
      { identity_role: 'support' },
      { action: 'issue_refund' },
      { param_max: { field: 'amount', max: 5000 } },
    ],
  };

  test('the first policy that holds decides, by priority and then by its place', async () => {
    const no = { name: 'no', effect: 'refuse', conditions: [{ action: 'issue_refund' }] };
    const ask = (...policies: object[]) =>
      effect(
        imported('kavach', { policies }).document,
        { action: 'issue_refund', params: { amount: 10, note: 'x' } },
        { roles: ['support'] },
      );
    expect(await ask(refunds, no)).toBe('permit');
    expect(await ask(no, refunds)).toBe('deny');
    expect(await ask(no, { ...refunds, priority: 5 })).toBe('permit');
    expect(await ask()).toBe('deny');
  });

  test('every condition has its equal', () => {
    const { document } = imported('kavach', {
      policy: [
        {
          ...refunds,
          conditions: [
            ...refunds.conditions,
            { identity_kind: 'agent' },
            { identity_id: 'bot' },
            { identity_role: 'senior' },
            { resource: 'orders/*' },
            { param_min: { field: 'amount', min: 1 } },
            { param_in: { field: 'a/b', values: ['x'] } },
            { rate_limit: { max: 50, window: '86400' } },
            { session_age_max: '4h' },
            { time_window: '09:00-18:00 Asia/Kolkata' },
          ],
        },
      ],
    });
    expect(document?.rules).toMatchObject([
      {
        priority: 1,
        when: {
          principal: { kind: 'agent', id: 'bot', roles: 'support' },
          expr: '"senior" in principal.roles',
          resource: ['orders/*', 'orders/*/**'],
          params: { '/amount': { min: 1, max: 5000 }, '/a~1b': { in: ['x'] }, other: 'any' },
          rate: { max: 50, per: '86400s', by: ['principal', 'action'] },
          session: { age_max: '4h' },
          time: { between: '09:00-18:00', zone: 'Asia/Kolkata' },
        },
      },
    ]);
  });

  test('what was taken in silence there is a mistake here', () => {
    const of = (...conditions: object[]) =>
      imported('kavach', { policies: [{ name: 'a', effect: 'permit', conditions }] });
    expect(of({ rate_limit: { max: 1, window: 'a day' } }).codes).toContain('bad_duration');
    expect(of({ time_window: '9-17' }).codes).toContain('bad_time');
    expect(of({ action: 'a' }, { action: 'b' }).codes).toContain('twice');
    expect(of({}).codes).toContain('bad_value');
    expect(of({ action: 'a', resource: 'b' }).codes).toContain('bad_value');
    expect(of({ actoin: 'a' }).codes).toEqual(['unknown_key']);
    const refused = { name: 'a', effect: 'refuse', conditions: [{ session_age_max: '1h' }] };
    expect(imported('kavach', { policies: [refused] }).codes).toContain('no_equal');
    expect(imported('kavach', { policies: [], policy: [] }).document).toBeUndefined();
  });

  test('no random policy permits what it refused there', async () => {
    const name = fc.constantFrom('refund', 'refund.issue', 'refunds', 'refund.issue.big');
    const pattern = fc.constantFrom('refund', 'refund.*', 'refund*', 'refund.issue', '*', 'r*');
    const one = fc.oneof(
      pattern.map((action) => ({ action })),
      fc.constantFrom('support', 'admin').map((identity_role) => ({ identity_role })),
      fc.constantFrom('agent', 'user').map((identity_kind) => ({ identity_kind })),
      fc.constantFrom('o/1', 'o/*', 'o*', 'o/1/*').map((resource) => ({ resource })),
      fc.nat(3).map((max) => ({ param_max: { field: 'n', max } })),
      fc.nat(3).map((min) => ({ param_min: { field: 'n', min } })),
    );
    const policies = fc.array(
      fc.record({
        effect: fc.constantFrom('permit', 'refuse'),
        priority: fc.nat(2),
        conditions: fc.uniqueArray(one, { selector: (c) => Object.keys(c)[0], maxLength: 4 }),
      }),
      { minLength: 1, maxLength: 5 },
    );
    const asked = fc.record({
      action: name,
      resource: fc.constantFrom('o/1', 'o/1/x', 'o/2', 'other'),
      params: fc.oneof(
        fc.constant({}),
        fc.nat(4).map((n) => ({ n })),
      ),
    });
    const roles = fc.subarray(['support', 'admin']);
    let permitted = 0;
    await fc.assert(
      fc.asyncProperty(policies, asked, roles, async (rules, action, roles) => {
        const named = rules.map((rule, index) => ({ name: `p${index}`, ...rule }));
        const { document } = imported('kavach', { policies: named });
        const here = await effect(document, action, { roles });
        if (here !== 'permit') return;
        permitted += 1;
        expect(theirs(named, action, roles)).toBe('permit');
      }),
      { numRuns: 300, seed: 1 },
    );
    expect(permitted).toBeGreaterThan(10);
  });
});

interface Condition {
  readonly action?: string;
  readonly resource?: string;
  readonly identity_role?: string;
  readonly identity_kind?: string;
  readonly param_max?: { readonly max: number };
  readonly param_min?: { readonly min: number };
}

/** Their evaluator, written plainly. */
function theirs(
  policies: readonly { effect: string; priority: number; conditions: readonly Condition[] }[],
  asked: { action: string; resource: string; params: { n?: number } },
  roles: readonly string[],
): string {
  const fits = (pattern: string, text: string): boolean =>
    pattern.endsWith('*') ? text.startsWith(pattern.replace(/\.?\*$/, '')) : pattern === text;
  const { n } = asked.params;
  const holds = (one: Condition): boolean =>
    (one.action === undefined || fits(one.action, asked.action)) &&
    (one.resource === undefined || fits(one.resource, asked.resource)) &&
    (one.identity_role === undefined || roles.includes(one.identity_role)) &&
    (one.identity_kind === undefined || one.identity_kind === 'agent') &&
    (one.param_max === undefined || (n !== undefined && n <= one.param_max.max)) &&
    (one.param_min === undefined || (n !== undefined && n >= one.param_min.min));
  const sorted = [...policies].sort((a, b) => a.priority - b.priority);
  return sorted.find(({ conditions }) => conditions.every(holds))?.effect ?? 'refuse';
}

describe('the command', () => {
  let here: Place;
  beforeAll(() => {
    here = place();
  });
  afterAll(() => here.clear());

  test('prints a document that loads, from a file or from stdin', async () => {
    const text = '[[policy]]\nname = "a"\neffect = "permit"\nconditions = [{ action = "b" }]\n';
    const ran = await here.run(['policy', 'import', '-', '--from', 'kavach', '--format', 'toml'], {
      input: text,
    });
    expect(ran).toMatchObject({ code: 0, err: '' });
    const document = loadPolicy([{ layer: 'server', name: 'out', text: ran.out }]);
    expect(document.layers[0]?.rules).toHaveLength(1);
  });

  test('names each mistake with its place, and prints no document', async () => {
    const input = 'capabilities:\n  - {action: fs.read, resorce: /a}\n';
    const ran = await here.run(['policy', 'import', '-', '--from', 'agent-os'], { input });
    expect(ran.code).toBe(1);
    expect(ran.out).toBe('');
    expect(ran.err).toMatch(/^stdin:2:23 {2}error {2}unknown key "resorce"/m);
    expect((await call(here, ['policy', 'import', 'x', '--from', 'others'])).code).toBe(2);
    expect((await call(here, ['policy', 'import', 'nope', '--from', 'kavach'])).code).toBe(2);
  });
});
