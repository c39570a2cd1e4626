/** OpenID AuthZEN 1.0: the examples of its text in our terms, and what a key may not say of subjects. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Running, running } from '../testing/running.ts';

let one: Running;
let pep: string;
beforeAll(async () => {
  one = await running({
    policy: {
      version: 1,
      rules: [
        {
          name: 'alice-reads',
          effect: 'permit',
          when: {
            principal: { id: ['alice@example.com'] },
            action: 'can_read',
            resource: 'document/*',
          },
        },
        {
          name: 'big',
          absent: 'no_match',
          effect: 'deny',
          when: { action: 'can_read', params: { '/amount': { min: 10 } } },
        },
        { name: 'not-two', effect: 'deny', when: { action: 'can_read', resource: 'document/2' } },
        { name: 'self', effect: 'permit', when: { principal: { id: ['local'] }, action: 'ok.*' } },
      ],
    },
  });
  pep = one.keyWith(['decide'], {
    may_assert: { principals: ['alice@example.com', 'bob@example.com'], context: ['ip'] },
  });
});
afterAll(() => one.clear());

const alice = { type: 'user', id: 'alice@example.com' };
const read = { name: 'can_read' };
const doc = (id: string) => ({ type: 'document', id });
const evaluate = (json: unknown, key = pep, headers = {}) =>
  one.ask('POST', '/access/v1/evaluation', { key, json, headers });
const evaluations = (json: unknown, key = pep) =>
  one.ask('POST', '/access/v1/evaluations', { key, json });

describe('one evaluation', () => {
  test('permitted, and denied with a reason for the user', async () => {
    expect((await evaluate({ subject: alice, action: read, resource: doc('1') })).body).toEqual({
      decision: true,
      context: { id: expect.any(String) },
    });
    const { status, body } = await evaluate({ subject: alice, action: read, resource: doc('2') });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      decision: false,
      context: { code: 'denied_by_rule', effect: 'deny', reason_user: { en: expect.any(String) } },
    });
    expect(JSON.stringify(body)).not.toContain('not-two');
  });

  test('unknown members and context are ignored; known ones are held to the key', async () => {
    const request = {
      subject: { ...alice, x: 1 },
      action: { ...read, y: [] },
      resource: { ...doc('1'), z: {} },
      context: { time: '1985-10-26T01:22-07:00' },
      w: null,
    };
    expect((await evaluate(request)).body.decision).toBe(true);
    const from = (properties: object) =>
      evaluate({ subject: { ...alice, properties }, action: read, resource: doc('1') });
    expect((await from({ department: 'Sales', ip_address: '172.217.22.14' })).body.decision).toBe(
      true,
    );
    expect((await from({ device_id: '8:65:ee:17:7e:0b' })).body).toMatchObject({
      code: 'assertion_not_allowed',
    });
    expect((await from({ roles: ['admin'] })).body).toMatchObject({
      code: 'assertion_not_allowed',
    });
  });

  test('a subject that the key may not speak for is refused', async () => {
    for (const subject of [
      { type: 'user', id: 'mallory' },
      { type: 'god', id: 'alice@example.com' },
    ]) {
      const { status, body } = await evaluate({ subject, action: read, resource: doc('1') });
      expect(status).toBeGreaterThanOrEqual(400);
      expect(body.decision).toBeUndefined();
    }
    const own = {
      subject: { type: 'agent', id: 'local' },
      action: { name: 'ok.x' },
      resource: { type: 'other', id: 'y' },
    };
    expect((await evaluate(own, one.apiKey)).body.decision).toBe(true);
    expect(
      (await evaluate({ ...own, subject: { type: 'user', id: 'local' } }, one.apiKey)).status,
    ).toBe(403);
  });

  test('properties of the action are its params, those of the resource lie beside them', async () => {
    const big = (action: object, resource: object) =>
      evaluate({
        subject: alice,
        action: { ...read, ...action },
        resource: { ...doc('1'), ...resource },
      });
    expect((await big({ properties: { amount: 50 } }, {})).body.decision).toBe(false);
    expect((await big({ properties: { amount: 5 } }, {})).body.decision).toBe(true);
    expect((await big({}, { properties: { amount: 50 } })).body.decision).toBe(true);
    expect((await big({ properties: { resource: {} } }, { properties: {} })).status).toBe(400);
  });

  test('gives no permit, and executes nothing', async () => {
    const { text } = await evaluate({ subject: alice, action: read, resource: doc('1') });
    expect(text).not.toContain('permit');
  });

  test('the identifier of a request comes back', async () => {
    const id = 'bfe9eb29-ab87-4ca3-be83-a1d5d8305716';
    const request = { subject: alice, action: read, resource: doc('1') };
    expect((await evaluate(request, pep, { 'x-request-id': id })).headers.get('x-request-id')).toBe(
      id,
    );
    expect((await evaluate(request)).headers.get('x-request-id')).toBeNull();
  });

  test.each<readonly [string, unknown]>([
    ['no subject', { action: read, resource: doc('1') }],
    ['no action', { subject: alice, resource: doc('1') }],
    ['no resource', { subject: alice, action: read }],
    ['a subject without a type', { subject: { id: 'x' }, action: read, resource: doc('1') }],
    ['a text for a subject', { subject: 'alice', action: read, resource: doc('1') }],
    ['a number for an id', { subject: { type: 'user', id: 1 }, action: read, resource: doc('1') }],
    [
      'properties that are no object',
      { subject: alice, action: { ...read, properties: [] }, resource: doc('1') },
    ],
    ['an array', []],
  ])('%s is 400', async (_, json) => {
    expect((await evaluate(json)).status).toBe(400);
  });
});

describe('many evaluations', () => {
  const documents = ['1', '2', '3'].map((id) => ({ resource: doc(id) }));
  const ask = (semantic?: string, list: readonly object[] = documents) =>
    evaluations({
      subject: alice,
      action: read,
      evaluations: list,
      ...(semantic === undefined
        ? {}
        : { options: { evaluations_semantic: semantic, another_option: 'value' } }),
    });
  const decisions = (body: { evaluations: { decision: boolean }[] }) =>
    body.evaluations.map(({ decision }) => decision);

  test('all, in order', async () => {
    expect(decisions((await ask()).body)).toEqual([true, false, true]);
    expect(decisions((await ask('execute_all')).body)).toEqual([true, false, true]);
  });
  test('to the first denial', async () => {
    expect(decisions((await ask('deny_on_first_deny')).body)).toEqual([true, false]);
  });
  test('to the first permit', async () => {
    expect(decisions((await ask('permit_on_first_permit')).body)).toEqual([true]);
    expect(decisions((await ask('permit_on_first_permit', [...documents].slice(1))).body)).toEqual([
      false,
      true,
    ]);
  });
  test('an unknown semantic is refused', async () => {
    expect((await ask('first_wins')).status).toBe(400);
  });
  test('a member overrides the defaults', async () => {
    const own = [
      { resource: doc('1') },
      { resource: doc('1'), action: { name: 'can_edit' } },
      { subject: { type: 'user', id: 'bob@example.com' }, resource: doc('1') },
    ];
    expect(decisions((await ask(undefined, own)).body)).toEqual([true, false, false]);
  });
  test('a member that the key may not ask denies alone', async () => {
    const { status, body } = await ask(undefined, [
      { resource: doc('1') },
      { resource: doc('1'), subject: { type: 'user', id: 'mallory' } },
    ]);
    expect([status, decisions(body)]).toEqual([200, [true, false]]);
  });
  test('none is one evaluation', async () => {
    for (const list of [{}, { evaluations: [] }]) {
      expect(
        (await evaluations({ subject: alice, action: read, resource: doc('1'), ...list })).body,
      ).toMatchObject({ decision: true });
    }
    expect((await evaluations({ subject: alice, action: read, evaluations: [] })).status).toBe(400);
  });
  test('a member that lacks something makes the whole malformed', async () => {
    expect(
      (await evaluations({ subject: alice, evaluations: [{ resource: doc('1') }] })).status,
    ).toBe(400);
  });
});

test('each member of many counts for the rate of its key', async () => {
  const key = one.keyWith(['decide'], {
    may_assert: { principals: [alice.id] },
    rate: { max: 5, per_seconds: 3_600 },
  });
  const ask = { subject: alice, action: read };
  const of = (count: number) =>
    evaluations({ ...ask, evaluations: Array(count).fill({ resource: doc('1') }) }, key);
  expect((await of(4)).status).toBe(200);
  expect((await of(2)).status).toBe(429);
});

test('the metadata names where the endpoints are', async () => {
  const { body } = await one.ask('GET', '/.well-known/authzen-configuration', { key: undefined });
  expect(body).toEqual({
    policy_decision_point: one.url,
    access_evaluation_endpoint: `${one.url}/access/v1/evaluation`,
    access_evaluations_endpoint: `${one.url}/access/v1/evaluations`,
    access_request_endpoint: `${one.url}/access/v1/requests`,
    jwks_uri: `${one.url}/.well-known/jwks.json`,
    capabilities: ['urn:openid:authzen:capability:access-request'],
  });
});
