import type { JsonObject } from '@portcullis/wire';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Evaluation } from '../gate/guard.ts';
import type { PolicyDocument, Rule } from './document/schema.ts';
import { InvalidPolicyError, loadPolicy } from './load.ts';
import { evaluationOf, type Given, NOON } from './testing/fixtures.ts';
import { type Meanings, oracle, type T, type Used } from './testing/oracle.ts';
import type { RateStore } from './types.ts';

const maybe = <T>(arbitrary: fc.Arbitrary<T>, freq = 2) =>
  fc.option(arbitrary, { nil: undefined, freq });

const scalars = fc.constantFrom<fc.JsonValue>(
  0,
  1,
  5,
  -3,
  100,
  '1',
  'EUR',
  'eur',
  '',
  true,
  false,
  null,
);
const numbers = fc.constantFrom(0, 1, 5, 100, -3);
const texts = fc.constantFrom('EUR', 'E', '', 'ur');
const sameList = fc.oneof(
  fc.array(numbers, { maxLength: 3 }),
  fc.array(texts, { maxLength: 3 }),
  fc.array(fc.boolean(), { maxLength: 2 }),
);

const tests = fc.record(
  {
    min: numbers,
    max: numbers,
    over: numbers,
    under: numbers,
    eq: scalars,
    in: sameList,
    not_in: sameList,
    prefix: texts,
    suffix: texts,
    contains: texts,
    present: fc.boolean(),
    type: fc.constantFrom('string', 'number', 'boolean', 'null', 'array', 'object'),
  },
  { requiredKeys: [] },
);
const fewTests = tests.map((all) => Object.fromEntries(Object.entries(all).slice(0, 2)));

const params = fc.record(
  { '/a': fewTests, '/b': fewTests, '/c/d': fewTests, other: fc.constant('any') },
  { requiredKeys: [] },
);

const actions = ['fs.read', 'fs.write', 'fs.move', 'fs.a.b', 'http.get', 'refund'];
const actionPatterns = fc.constantFrom(
  ...actions,
  'fs.*',
  '*.read',
  'fs.**',
  '**',
  'fs.*.b',
  're*d',
  '**.b',
);
const resources = ['', '/', '/w', '/w/a', '/w/.env', '/w/a/b.pem', '/W/A', 'x/y', '/w2/a'];
const resourcePatterns = fc.constantFrom(
  '/w',
  '/w/*',
  '/w/**',
  '/**',
  '**',
  '**/.env',
  '**/*.pem',
  '/*/a',
  '/w*/a',
  '**/a/**',
  'x/*',
  '/w/a/**/b.pem',
);
const resourceCondition = fc.oneof(
  resourcePatterns,
  fc.array(resourcePatterns, { maxLength: 3 }),
  fc.record({ glob: resourcePatterns, ignore_case: fc.boolean() }),
);

const param = (ev: Evaluation, name: string) => ev.action?.params[name];
const is = (definite: boolean): T => (definite ? 'true' : 'false');
const number = (value: unknown, holds: (n: number) => boolean): T =>
  typeof value === 'number' ? is(holds(value)) : 'unknown';
const text = (value: unknown, wanted: string): T =>
  typeof value === 'string' ? is(value === wanted) : 'unknown';
const not = (truth: T): T => (truth === 'true' ? 'false' : truth === 'false' ? 'true' : 'unknown');
const both = (a: T, b: T): T =>
  a === 'false' || b === 'false' ? 'false' : a === 'true' && b === 'true' ? 'true' : 'unknown';
const either = (a: T, b: T): T => not(both(not(a), not(b)));

const MEANINGS: Meanings = {
  'params.a < 10': (ev) => number(param(ev, 'a'), (n) => n < 10),
  'params.a == "EUR" || params.b == "EUR"': (ev) =>
    either(text(param(ev, 'a'), 'EUR'), text(param(ev, 'b'), 'EUR')),
  'params.a > 1.0 && params.b > 1.0': (ev) =>
    both(
      number(param(ev, 'a'), (n) => n > 1),
      number(param(ev, 'b'), (n) => n > 1),
    ),
  'has(params.a)': (ev) => is(param(ev, 'a') !== undefined),
  'principal.id == "bot-1"': (ev) => is(ev.principal.id === 'bot-1'),
  'principal.attributes.tier == "gold"': (ev) => text(ev.principal.attributes.tier, 'gold'),
  'action == "fs.read"': (ev) => is(ev.action?.name === 'fs.read'),
  '!(params.c.d == 5)': (ev) =>
    not(number((param(ev, 'c') as { d?: unknown } | undefined)?.d, (n) => n === 5)),
  'params.a ? params.b == 1 : true': (ev) => {
    const a = param(ev, 'a');
    return typeof a !== 'boolean' ? 'unknown' : a ? number(param(ev, 'b'), (n) => n === 1) : 'true';
  },
  'params.a.exists(x, x == "EUR")': (ev) => {
    const a = param(ev, 'a');
    if (typeof a !== 'object' || a === null) return 'unknown';
    const elements: unknown[] = Array.isArray(a) ? a : Object.keys(a);
    return elements.map((element) => text(element, 'EUR')).reduce<T>(either, 'false');
  },
};
const expressions = fc.constantFrom(...Object.keys(MEANINGS));

function rule(name: string): fc.Arbitrary<Rule> {
  return fc
    .record({
      effect: fc.constantFrom(
        'permit',
        'permit',
        'permit',
        'modify',
        'require_approval',
        'defer',
        'deny',
      ),
      priority: maybe(fc.constantFrom(1, 50, 100, 200)),
      final: fc.boolean(),
      absent: fc.boolean(),
      rate: maybe(fc.record({ limit: fc.constantFrom(1, 2, 3) }), 4),
      age: maybe(fc.constantFrom('10s', '60s'), 5),
      count: maybe(fc.constantFrom(1, 5), 5),
      when: fc.record(
        {
          principal: fc.record(
            {
              kind: fc.constantFrom('agent', 'user', ['agent', 'user']),
              id: fc.constantFrom('bot-1', ['bot-2', 'bot-1'], []),
              roles: fc.constantFrom('support', ['a', 'b'], []),
              attributes: fc.record({ tier: fc.constantFrom('gold', ['silver', 'gold'], 5) }),
            },
            { requiredKeys: [] },
          ),
          action: fc.oneof(
            actionPatterns,
            fc.array(actionPatterns, { minLength: 1, maxLength: 3 }),
          ),
          resource: resourceCondition,
          params,
          labels: fc.constant({ '/a': { integrity: 'trusted' } }),
          session: fc.record({ quarantined: fc.boolean() }),
          time: fc.constantFrom(
            { between: '09:00-12:00' },
            { between: '18:00-09:00' },
            { between: '12:01-13:00' },
          ),
          env: fc.record({ country: fc.constantFrom('IN', ['DE', 'IN']) }),
          expr: expressions,
          grant: fc.constantFrom('required', 'absent'),
          justification: fc.record({ limit: fc.constantFrom(1, 4, 9) }),
        },
        { requiredKeys: [] },
      ),
      picks: fc.integer({ min: 0, max: 131_071 }),
    })
    .map(({ effect, priority, final, absent, rate, age, count, when, picks }) => {
      const permission = effect === 'permit' || effect === 'modify';
      const some = Object.fromEntries(
        Object.entries(when).filter((_, index) => (picks >> index) & (picks >> (index + 6)) & 1),
      ) as Record<string, unknown>;
      if (rate !== undefined) some.rate = { [permission ? 'max' : 'over']: rate.limit, per: '1h' };
      const session = {
        ...(some.session as object),
        ...(age === undefined ? {} : { [permission ? 'age_max' : 'age_over']: age }),
        ...(count === undefined ? {} : { [permission ? 'actions_max' : 'actions_over']: count }),
      };
      if (Object.keys(session).length > 0) some.session = session;
      const reason = some.justification as { limit: number } | undefined;
      if (reason !== undefined)
        some.justification = { [permission ? 'min' : 'under']: reason.limit };
      if (some.params !== undefined && !permission)
        delete (some.params as { other?: string }).other;
      return {
        name,
        effect,
        ...(priority === undefined ? {} : { priority }),
        ...(final && effect === 'deny' && priority === 200 ? { final: true } : {}),
        ...(absent && !permission ? { absent: 'no_match' } : {}),
        // biome-ignore lint/suspicious/noThenProperty: rules have a then.
        ...(effect === 'modify' ? { then: { set: { '/z': { value: 1 } } } } : {}),
        when: some,
      } as Rule;
    });
}

const document: fc.Arbitrary<PolicyDocument> = fc
  .integer({ min: 0, max: 7 })
  .chain((count) => fc.tuple(...Array.from({ length: count }, (_, index) => rule(`r${index}`))))
  .map((rules) => ({ version: 1 as const, rules: rules as Rule[] }));

const value: fc.Arbitrary<fc.JsonValue> = fc.oneof(
  { weight: 4, arbitrary: scalars },
  { weight: 2, arbitrary: fc.array(scalars, { maxLength: 3 }) },
  { weight: 1, arbitrary: fc.dictionary(fc.constantFrom('d', 'e'), scalars) },
);

const given: fc.Arbitrary<Given> = fc.record({
  action: fc.constantFrom(...actions),
  resource: fc.constantFrom(...resources),
  params: fc
    .tuple(
      fc.dictionary(fc.constantFrom('a', 'b', 'c'), value, { maxKeys: 3 }),
      fc.constantFrom(undefined, 5, ...resources),
    )
    .map(([some, to]) => (to === undefined ? some : { ...some, to })) as fc.Arbitrary<JsonObject>,
  principal: fc.record({
    id: fc.constantFrom('bot-1', 'bot-2', 'bot-3'),
    kind: fc.constantFrom('agent' as const, 'user' as const),
    roles: fc.subarray(['support', 'a', 'b', 'x']),
    attributes: fc.constantFrom<JsonObject>(
      {},
      { tier: 'gold' },
      { tier: 'bronze' },
      { tier: 5 },
      { tier: ['gold'] },
    ),
  }),
  session: fc.constantFrom(
    null,
    {},
    { opened: NOON - 30_000, actions: 1 },
    { opened: NOON - 90_000, actions: 7, quarantine: 'read_only' as const },
  ),
  env: fc.constantFrom({}, { country: 'IN' }, { country: 'US' }),
  granted: fc.constantFrom(undefined, '', 'why'),
  justification: fc.constantFrom(undefined, ' ', 'so', '  to do  it', 'a longer reason'),
});

/** A store that has seen so many uses of each rule; negative where it is silent. */
function storeOf(counts: Readonly<Record<string, number>>): { store: RateStore; used: Used } {
  const used: Used = (layer, name) => {
    const count = counts[`${layer} ${name}`] ?? 0;
    return count < 0 ? undefined : count;
  };
  const store: RateStore = {
    count(key) {
      const [, layer, name] = JSON.parse(key) as [string, string, string];
      const count = used(layer, name);
      if (count === undefined) throw new Error('silent');
      return count;
    },
    reserve: () => ({ full: 0, wait: 1_000 }),
  };
  return { store, used };
}

const counts = fc.dictionary(
  fc
    .tuple(fc.constantFrom('server', 'tenant'), fc.constantFrom('r0', 'r1', 'r2', 'r3'))
    .map((key) => key.join(' ')),
  fc.integer({ min: -1, max: 4 }),
);

/** What is settled of an action, and the action with nothing else in it. */
const settledPart = fc.record({
  resource: fc.boolean(),
  params: fc.subarray(['/a', '/b', '/c', '/to']),
});

function partOf(ev: Evaluation, settled: { resource: boolean; params: string[] }): Evaluation {
  const action = ev.action as NonNullable<Evaluation['action']>;
  const params = Object.fromEntries(
    Object.entries(action.params).filter(([name]) => settled.params.includes(`/${name}`)),
  );
  const resource = settled.resource ? action.resource : { ...action.resource, value: '' };
  ev.action = { ...action, params, resource };
  return ev;
}

describe('the evaluator and the naive one', () => {
  it('agree on random policies, layers, rates and requests', async () => {
    const seen = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(
        document,
        maybe(document, 3),
        fc.array(given, { minLength: 4, maxLength: 8 }),
        counts,
        fc.boolean(),
        settledPart,
        async (server, tenant, requests, counted, late, settled) => {
          const layers = [
            { layer: 'server' as const, documents: [server] },
            ...(tenant === undefined ? [] : [{ layer: 'tenant' as const, documents: [tenant] }]),
          ];
          let policy: ReturnType<typeof loadPolicy>;
          try {
            policy = loadPolicy(
              layers.map(({ layer, documents }) => ({
                layer,
                name: layer,
                document: documents[0] as unknown as JsonObject,
              })),
            );
          } catch (error) {
            // The lint refuses denies that never deny.
            if (
              error instanceof InvalidPolicyError &&
              error.diagnostics.every(
                ({ severity, code }) => severity === 'warning' || code === 'covered_deny',
              )
            )
              return;
            throw error;
          }
          const { store, used } = storeOf(counted);
          for (const request of requests) {
            const ev: Evaluation = evaluationOf(request);
            const answer = await policy.evaluate(ev, late ? slow(store) : store);
            const expected = oracle(layers, evaluationOf(request), { used, meanings: MEANINGS });
            const got = {
              effect: ev.verdict?.effect,
              code: answer.kind === 'pass' ? 'permitted' : answer.code,
              rule: ev.verdict?.rule,
            };
            expect(got).toEqual(expected);
            if (answer.kind === 'pass') {
              // Whatever is left open of an action that is permitted, a grant for it could have been.
              const known = { resource: settled.resource, params: new Set(settled.params) };
              const could = policy.couldPermit(partOf(evaluationOf(request), settled), known);
              expect(could.kind).toBe('pass');
            }
            const key = `${got.effect} ${got.code}`;
            seen.set(key, (seen.get(key) ?? 0) + 1);
          }
        },
      ),
      { numRuns: process.env.PORTCULLIS_SIZE === 'stated' ? 20_000 : 2_000 },
    );
    // Every kind of ending was reached, so that agreeing means something.
    for (const key of [
      'permit permitted',
      'deny denied_by_rule',
      'deny no_matching_rule',
      'deny grant_required',
      'deny justification_required',
      'deny rate_limited',
      'deny store_unavailable',
      'require_approval permitted',
      'defer deferred',
      'modify permitted',
    ]) {
      expect([key, seen.get(key) ?? 0]).not.toEqual([key, 0]);
    }
  });
});

/** The same store, answering later. */
function slow(store: RateStore): RateStore {
  return {
    count: async (key, now, window) => store.count(key, now, window),
    reserve: async (uses, now) => store.reserve(uses, now),
  };
}
