/** Rules over several sessions and principals: a naive reader of the whole history, bounds of memory, what loads, and that observing ends nothing. */
import type { JsonObject } from '@portcullis/wire';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Caller } from '../gate/guard.ts';
import type { KernelHost } from '../host.ts';
import { openHost } from '../kernel.ts';
import { checkPolicy, loadPolicy } from '../policy/index.ts';
import type { Right } from '../rights.ts';
import { joinLabels } from '../session/labels.ts';
import { Correlations, type Taken } from './correlations.ts';
import { PrincipalSights } from './principal-sights.ts';

const RIGHTS: readonly Right[] = ['decide', 'outcomes', 'sessions:open', 'explain', 'journal'];
const caller = (id: string, tenant = 'default'): Caller => ({
  tenant,
  credential: `${tenant}-${id}`,
  principal: { id, kind: 'agent', roles: [], attributes: {} },
  rights: new Set(RIGHTS),
  mayAssert: { principals: [], roles: [], onBehalfOf: [], context: [], userTurns: false },
});

const policy = (behaviour: string) => `version: 1
rules: [{name: all, effect: permit}]
behaviour:
${behaviour}`;

const RELAY = `  - name: relay
    across: principals
    sequence: put then take then send within 10s
    steps:
      put: {action: kv.put}
      take: {action: kv.get, same: resource, other: principal}
      send: {action: net.post, same: principal}
    effect: deny
`;
const CONVERGE = `  - name: converge
    across: principals
    sequence: send within 10s
    steps: {send: {action: net.post, same: /to, other: principal, times: 3}}
    effect: deny
`;
const SHED = `  - name: shed
    across: sessions
    sequence: secret then send within 10s
    steps: {secret: {action: vault.read}, send: {action: net.post, other: session}}
    effect: deny
`;

interface Call {
  readonly who: string;
  readonly session: string;
  readonly action: string;
  readonly key: string;
  readonly at: number;
  readonly permitted: boolean;
}

/** Whether somebody who has the whole history says no to this call. */
const NAIVE: Readonly<
  Record<string, (history: readonly Call[], now: Omit<Call, 'permitted'>) => boolean>
> = {
  relay: (history, now) =>
    now.action === 'net.post' &&
    history.some(
      (put, i) =>
        put.action === 'kv.put' &&
        now.at - put.at <= 10_000 &&
        history.some(
          (take, j) =>
            j > i &&
            take.action === 'kv.get' &&
            take.key === put.key &&
            take.who !== put.who &&
            take.who === now.who,
        ),
    ),
  converge: (history, now) =>
    now.action === 'net.post' &&
    new Set([
      now.who,
      ...history
        .filter((one) => one.permitted && one.action === 'net.post')
        .filter((one) => one.key === now.key && now.at - one.at <= 10_000)
        .map(({ who }) => who),
    ]).size >= 3,
  shed: (history, now) =>
    now.action === 'net.post' &&
    history.some(
      (one) =>
        one.action === 'vault.read' &&
        one.who === now.who &&
        one.session !== now.session &&
        now.at - one.at <= 10_000,
    ),
};

it.each([
  ['relay', RELAY],
  ['converge', CONVERGE],
  ['shed', SHED],
])('%s comes to what somebody finds who reads the whole history', async (name, text) => {
  const step = fc.record({
    who: fc.constantFrom('A', 'B', 'C', 'D'),
    session: fc.constantFrom('1', '2'),
    action: fc.constantFrom('kv.put', 'kv.get', 'net.post', 'net.post', 'vault.read'),
    key: fc.constantFrom('k', 'j'),
    after: fc.integer({ min: 1, max: 4_000 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 24 }), async (steps) => {
      let clock = Date.parse('2026-01-05T12:00:00Z');
      const host = await openHost({ builtins: [], policy: policy(text), now: () => clock });
      const sessions = new Map<string, string>();
      const history: Call[] = [];
      for (const { after, ...call } of steps) {
        clock += after;
        const kernel = host.as(caller(call.who));
        const place = call.who + call.session;
        if (!sessions.has(place)) sessions.set(place, (await kernel.openSession()).id);
        const session = sessions.get(place) as string;
        const { decision } = await kernel.decide({
          action: call.action,
          resource: call.key,
          params: { to: call.key },
          session,
        });
        const now = { ...call, session, at: clock };
        const denied = NAIVE[name]?.(history, now) === true;
        expect(decision.code).toBe(denied ? 'behaviour_denied' : 'permitted');
        history.push({ ...now, permitted: !denied });
      }
      await host.close();
    }),
    { numRuns: 60 },
  );
});

describe('memory', () => {
  const take = (join: string, who = 'A', began = 0): Taken => ({
    link: 'r#1',
    time: 1_000,
    keep: 2,
    joins: [join],
    who,
    began,
  });

  it('is bounded for each tenant, and what has no room counts under every join', () => {
    const kept = new Correlations(100);
    for (let i = 0; i < 1_000; i++) kept.take('t', [take(`k${i}`, `p${i % 7}`, i)], i);
    expect(kept.size('t')).toBe(100);
    expect(kept.arrivals('t', 'r#1', 'k0', 1_000).length).toBeGreaterThan(0);
    expect(kept.arrivals('u', 'r#1', 'k0', 1_000)).toEqual([]);
    kept.take('u', [take('k')], 1_000);
    expect([kept.size('t'), kept.size('u')]).toEqual([100, 1]);
  });

  it('gives back what is over', () => {
    const kept = new Correlations(100);
    for (let i = 0; i < 100; i++) kept.take('t', [take(`k${i}`, 'A', i)], i);
    kept.take('t', [take('new', 'A', 5_000)], 5_000);
    expect(kept.size('t')).toBe(1);
    expect(kept.arrivals('t', 'r#1', 'k99', 5_000)).toEqual([]);
  });

  it('comes back whole', () => {
    const kept = new Correlations(3);
    for (let i = 0; i < 9; i++) kept.take('t', [take(`k${i}`, `p${i}`, i)], i);
    const again = new Correlations(3);
    again.load(JSON.parse(JSON.stringify(kept.save())));
    for (let i = 0; i < 9; i++)
      expect(again.arrivals('t', 'r#1', `k${i}`, 9)).toEqual(kept.arrivals('t', 'r#1', `k${i}`, 9));
  });

  it('of what principals have seen is bounded, in each tenant, and nobody sheds it by a flood of others', () => {
    const seen = new PrincipalSights(10);
    const label = {
      source: 's',
      origin: 'o',
      integrity: 'untrusted',
      confidentiality: 'secret',
    } as const;
    seen.sees('u', 'p0', [label], 7);
    for (let i = 0; i < 100; i++) seen.sees('t', `p${i}`, [label], i);
    const again = new PrincipalSights(10);
    again.load(JSON.parse(JSON.stringify(seen.save())));
    for (const one of [seen, again]) {
      expect(one.last('t', 'p99', 'secret')).toBe(99);
      expect(one.last('t', 'p0', 'secret')).toBe(89);
      expect(one.last('t', 'p0', 'derived')).toBeUndefined();
      expect(one.last('u', 'p0', 'secret')).toBe(7);
      expect(one.last('u', 'p99', 'secret')).toBeUndefined();
    }
  });
});

it('a label that a rule gave is not lost among many others', () => {
  const derived = {
    source: 'behaviour',
    origin: 'r',
    integrity: 'untrusted',
    confidentiality: 'private',
  } as const;
  let labels = joinLabels([], [derived]);
  for (let i = 0; i < 200; i++)
    labels = joinLabels(labels, [{ ...derived, source: 'host', origin: `tool${i}` }]);
  expect(labels).toContainEqual(derived);
  const other = { ...derived, origin: 'q' };
  expect(joinLabels(labels, [other])).toContainEqual(other);
  expect(labels.length).toBeLessThan(64);
});

it('observing ends nothing and labels what ran', async () => {
  const text = policy(`  - name: derive
    across: principals
    sequence: put then take within 1h
    steps: {put: {action: kv.put}, take: {action: kv.get, same: resource, other: principal}}
    effect: label
  - name: out
    across: sessions
    sequence: send within 1h
    steps: {send: {action: net.post, principal_has_seen: derived}}
    effect: quarantine
    whom: principal
`);
  const host: KernelHost = await openHost({ builtins: [], policy: text, mode: 'observe' });
  await host.as(caller('A')).decide({ action: 'kv.put', resource: 'k' });
  const b = host.as(caller('B'));
  await b.decide({ action: 'kv.get', resource: 'k' });
  expect((await b.session()).labels).toContainEqual({
    source: 'behaviour',
    origin: 'derive',
    integrity: 'untrusted',
    confidentiality: 'private',
  });
  const { decision } = await b.decide({ action: 'net.post' });
  expect([decision.code, decision.would?.code]).toEqual(['permitted', 'session_quarantined']);
  expect((await b.session()).quarantine).toBe('none');
  await host.close();
});

it('what joins calls stands in no record', async () => {
  const host = await openHost({ builtins: [], policy: policy(CONVERGE) });
  const kernel = host.as(caller('A'));
  const { decision } = await kernel.decide({ action: 'net.post', params: { to: 'acct-7731' } });
  const { records } = await kernel.explain(decision.id);
  expect(JSON.stringify(records)).not.toContain('acct-7731');
  expect((records as unknown as JsonObject[])[0]?.across).toHaveLength(1);
  await host.close();
});

const load = (text: string) => () =>
  loadPolicy([{ layer: 'server', name: 'p', text: policy(text) }]);

it.each([
  ['no time', RELAY.replace(' within 10s', '')],
  ['a bound in calls', RELAY.replace('10s', '10 calls')],
  ['too long', RELAY.replace('10s', '31d')],
  ['an arrow', RELAY.replace('put then take', 'put -> take')],
  ['a first step that is the same as nothing', RELAY.replace('kv.put', 'kv.put, same: resource')],
  ['another principal among the sessions of one', RELAY.replace('principals', 'sessions')],
  [
    'the same principal and another',
    RELAY.replace('same: principal', 'same: principal, other: principal'),
  ],
  [
    'different ones in the middle of more',
    RELAY.replace('other: principal', 'other: principal, times: 3'),
  ],
  ['joins in one session', RELAY.replace('    across: principals\n', '')],
  ['an unknown join', RELAY.replace('same: resource', 'same: colour')],
  ['a pointer that is none', CONVERGE.replace('/to', '/to~2')],
  ['a label with another effect', `${RELAY}    label: {integrity: untrusted}\n`],
  ['whom without quarantine', `${RELAY}    whom: principal\n`],
  ['an unknown neighbour', RELAY.replace('across: principals', 'across: tenants')],
])('%s does not load', (_name, text) => {
  expect(load(text)).toThrow();
});

it('what nothing joins, and arrows into every call, are warned of', () => {
  const unjoined = RELAY.replace(', same: principal', '');
  const wide = `  - {name: w, sequence: a -> b, steps: {a: {action: a}, b: {}}, effect: deny}\n`;
  const { diagnostics } = checkPolicy(policy(`${unjoined}${wide}`), 'yaml');
  const codes = diagnostics.map(({ code }) => code);
  expect(codes).toEqual(expect.arrayContaining(['unjoined_step', 'wide_arrow']));
});
