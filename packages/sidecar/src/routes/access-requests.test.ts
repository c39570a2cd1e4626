/** AuthZEN access requests: from a denial that people can lift to an evaluation that is true once, and every way to get there by less. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Running, running } from '../testing/running.ts';

const POLICY = `version: 1
rules:
  - {name: reads, effect: permit, when: {action: can_read}}
  - {name: never, effect: deny, when: {action: can_wipe}}
  - {name: pays, effect: require_approval, when: {action: can_pay}}
  - {name: signs, effect: require_approval, when: {action: can_sign}, then: {approvers: ["role:boss"]}}
`;
let one: Running;
let pep: string;
let now: number;
beforeEach(async () => {
  now = Date.now();
  one = await running({ policy: POLICY, now: () => now });
  pep = one.keyWith(['decide'], { may_assert: { principals: ['alice', 'bob'] } });
});
afterEach(() => one.clear());

const alice = { type: 'user', id: 'alice' };
const payment = (more: object = {}) => ({
  subject: alice,
  action: { name: 'can_pay', properties: { amount: 7 } },
  resource: { type: 'invoice', id: '7' },
  ...more,
});
const evaluate = async (json: unknown, key = pep) =>
  (await one.ask('POST', '/access/v1/evaluation', { key, json })).body;
const denialOf = ({ context }: { context: Record<string, unknown> }) => ({
  evaluation_id: context.evaluation_id,
  evaluated_at: context.evaluated_at,
  reason: context.reason,
  expires_at: (context.access_request as { expires_at: string }).expires_at,
});
const request = (json: unknown, key = pep, headers = {}) =>
  one.ask('POST', '/access/v1/requests', { key, json, headers });
const requested = async (evaluation: object = payment(), key = pep) => {
  const denial = denialOf(await evaluate(evaluation, key));
  return (await request({ ...evaluation, denial }, key)).body.task;
};
const status = (id: string, key = pep) => one.ask('GET', `/access/v1/requests/${id}`, { key });
const say = (id: string, json: object) =>
  one.ask('POST', `/v1/approvals/${id}`, { key: one.adminKey, json });
const problem = (code: string) => `urn:openid:authzen:access-request:error:${code}`;

test('denied, requested, approved, and true once', async () => {
  const denied = await evaluate(payment());
  expect(denied).toMatchObject({
    decision: false,
    context: {
      evaluation_id: denied.context.id,
      reason: 'approval_required',
      access_request: { expires_at: new Date(now + 600_000).toISOString() },
    },
  });
  const context = { business_justification: 'the customer waits' };
  const answer = await request(payment({ context, denial: denialOf(denied) }));
  expect(answer.status).toBe(202);
  const { task } = answer.body;
  const endpoint = `${one.url}/access/v1/requests/${task.id}`;
  expect(answer.headers.get('location')).toBe(endpoint);
  expect(answer.body).toEqual({
    task: {
      id: expect.stringMatching(/^.{16,}$/),
      status: 'pending',
      status_endpoint: endpoint,
      expires_at: new Date(now + 3_600_000).toISOString(),
      links: { cancel: `${endpoint}/cancel` },
      display: { title: expect.any(String) },
    },
  });
  const held = await one.ask('GET', `/v1/approvals/${task.id}`, { key: one.adminKey });
  expect(held.body).toMatchObject({ principal: 'alice', justification: 'the customer waits' });

  const approval = { id: task.id };
  const early = await evaluate(payment({ context: { approval } }));
  expect(early).toMatchObject({
    decision: false,
    context: { next_action: 'retry', retry_after: 5 },
  });
  expect(early.context.access_request).toBeUndefined();

  await say(task.id, { decision: 'approve', reason: 'secret thoughts' });
  const done = (await status(task.id)).body;
  expect(done).toMatchObject({
    task: { status: 'approved' },
    result: { mode: 'reevaluate', approval: { id: task.id } },
  });
  expect(Date.parse(done.result.approval.approved_until)).toBeGreaterThan(now);
  expect(JSON.stringify(done)).not.toMatch(/secret thoughts|admin|pays/);

  const presented = { context: { approval: done.result.approval } };
  const allowed = await evaluate(payment(presented));
  expect(allowed).toMatchObject({ decision: true, context: { approval } });
  const report = { permit: allowed.context.permit, status: 'ok', result: {} };
  const host = one.keyWith(['outcomes'], { may_assert: { principals: ['alice'] } });
  expect((await one.ask('POST', '/v1/outcomes', { key: host, json: report })).status).toBeLessThan(
    500,
  );

  const again = await evaluate(payment(presented));
  expect(again).toMatchObject({
    decision: false,
    context: {
      reason: 'approval_expired',
      next_action: 'request',
      access_request: { expires_at: expect.any(String) },
    },
  });
});

describe('what cannot be requested', () => {
  const refusedAs = async (json: unknown, key = pep) => {
    const { status: code, body, headers } = await request(json, key);
    expect(headers.get('content-type')).toBe('application/problem+json');
    return [code, body.type.replace(problem(''), '')];
  };

  test('what is permitted, what is denied for good', async () => {
    for (const name of ['can_read', 'can_wipe']) {
      const evaluation = payment({ action: { name } });
      const { context } = await evaluate(evaluation);
      expect(context.access_request).toBeUndefined();
      const denial = { evaluation_id: context.id };
      expect(await refusedAs({ ...evaluation, denial })).toEqual([400, 'not_requestable']);
    }
  });

  test('a denial that is another’s, is not there, or is only claimed', async () => {
    const denied = await evaluate(payment());
    const denial = denialOf(denied);
    const other = one.keyWith(['decide'], { may_assert: { principals: ['alice'] } });
    const unbound = [400, 'invalid_denial_binding'];
    expect(await refusedAs(payment({ denial }), other)).toEqual(unbound);
    expect(await refusedAs(payment({ denial: { ...denial, evaluation_id: 'made-up' } }))).toEqual(
      unbound,
    );
    expect(await refusedAs(payment({ denial: { ...denial, binding_token: 'a.b.c' } }))).toEqual(
      unbound,
    );
    expect(await refusedAs(payment({ denial: { expires_at: denial.expires_at } }))).toEqual(
      unbound,
    );
    expect(await refusedAs(payment())).toEqual(unbound);
  });

  test('another action, resource, parameter or subject than was denied', async () => {
    const denial = denialOf(await evaluate(payment()));
    for (const more of [
      { action: { name: 'can_sign', properties: { amount: 7 } } },
      { action: { name: 'can_pay', properties: { amount: 8 } } },
      { action: { name: 'can_pay' } },
      { resource: { type: 'invoice', id: '8' } },
      { resource: { type: 'invoice', id: '7', properties: { x: 1 } } },
      { subject: { type: 'user', id: 'bob' } },
    ])
      expect(await refusedAs(payment({ ...more, denial }))).toEqual([
        400,
        'invalid_denial_binding',
      ]);
    expect((await one.ask('GET', '/v1/approvals', { key: one.adminKey })).body.approvals).toEqual(
      [],
    );
  });

  test('a denial of long ago, whatever the request says of its time', async () => {
    const denial = { ...denialOf(await evaluate(payment())), expires_at: '2999-01-01T00:00:00Z' };
    now += 600_001;
    expect(await refusedAs(payment({ denial }))).toEqual([410, 'expired_denial']);
  });

  test('many at once, or with a callback: those are not taken', async () => {
    const denial = denialOf(await evaluate(payment()));
    for (const more of [{ items: [] }, { callback: { endpoint: 'https://x.example' } }])
      expect((await request(payment({ denial, ...more }))).body.code).toBe('malformed_request');
    expect((await request({ subject: alice, denial })).body.code).toBe('malformed_request');
  });

  test('for a subject that the key may not speak for', async () => {
    const mallory = payment({ subject: { type: 'user', id: 'mallory' } });
    const denial = denialOf(await evaluate(payment()));
    expect((await request({ ...mallory, denial })).status).toBe(400);
  });
});

test('asked twice, one task; a key of idempotency is for one request', async () => {
  const denial = denialOf(await evaluate(payment()));
  const first = await request(payment({ denial }), pep, { 'idempotency-key': 'k1' });
  const second = await request(payment({ denial }), pep, { 'idempotency-key': 'k1' });
  const third = await request(payment({ denial }));
  expect(second.body).toEqual(first.body);
  expect(third.body.task.id).toBe(first.body.task.id);
  const changed = { ...payment({ denial }), context: { business_justification: 'another' } };
  const conflict = await request(changed, pep, { 'idempotency-key': 'k1' });
  expect([conflict.status, conflict.body.type]).toEqual([409, problem('duplicate_request')]);
  const other = one.keyWith(['decide'], { may_assert: { principals: ['alice'] } });
  const theirs = denialOf(await evaluate(payment(), other));
  const same = await request(payment({ denial: theirs }), other, { 'idempotency-key': 'k1' });
  expect(same.status).toBe(202);
});

test('a key of idempotency is all of its characters, and a list is no object', async () => {
  const paying = (of: unknown) =>
    payment({ action: { name: 'can_pay', properties: { of } } as never });
  const asked = async (of: unknown, key: string) => {
    const denial = denialOf(await evaluate(paying(of)));
    return (await request({ ...paying(of), denial }, pep, { 'idempotency-key': key })).status;
  };
  const denial = denialOf(await evaluate(paying({ a: 1 })));
  const long = 'k'.repeat(300);
  expect(await asked({ a: 1 }, `${long}1`)).toBe(202);
  expect(await asked({ a: 2 }, `${long}2`)).toBe(202);
  const first = await request({ ...paying({ a: 1 }), denial }, pep, { 'idempotency-key': 'k' });
  expect(first.status).toBe(202);
  const other = { ...paying([['a', 1]]), denial };
  expect((await request(other, pep, { 'idempotency-key': 'k' })).status).toBe(409);
});

describe('an approval that does not apply', () => {
  const approved = async () => {
    const task = await requested();
    await say(task.id, { decision: 'approve' });
    return { approval: { id: task.id } };
  };
  const outcome = async (evaluation: object) => {
    const { decision, context } = await evaluate(evaluation);
    return [decision, context.reason, context.next_action, 'access_request' in context];
  };

  test('to another action or subject, or of nobody', async () => {
    const context = await approved();
    const dearer = { action: { name: 'can_pay', properties: { amount: 8 } } };
    expect(await outcome(payment({ context, ...dearer }))).toEqual([
      false,
      'out_of_scope',
      'request',
      true,
    ]);
    const bob = { subject: { type: 'user', id: 'bob' } };
    expect(await outcome(payment({ context, ...bob }))).toEqual([
      false,
      'approval_unverifiable',
      'request',
      true,
    ]);
    for (const approval of [{ id: 'made-up' }, {}, null, 'x', 7])
      expect((await outcome(payment({ context: { approval } })))[0]).toBe(false);
    expect(await outcome(payment({ context }))).toEqual([true, undefined, undefined, false]);
  });

  test('after people said no, after its time, after it was cancelled', async () => {
    const denied = await requested();
    await say(denied.id, { decision: 'deny', reason: 'no' });
    expect((await status(denied.id)).body).toEqual({
      task: expect.objectContaining({ status: 'denied' }),
    });
    const context = { approval: { id: denied.id } };
    expect(await outcome(payment({ context }))).toEqual([false, 'policy_denied', 'none', false]);

    const late = await approved();
    now += 3_600_001;
    expect(await outcome(payment({ context: late }))).toEqual([
      false,
      'approval_expired',
      'request',
      true,
    ]);
  });

  test('once policy says no to it', async () => {
    const context = await approved();
    await one.ask('POST', '/v1/freeze', { key: one.adminKey, json: { on: true, reason: 'drill' } });
    expect(await outcome(payment({ context }))).toEqual([false, 'policy_denied', 'none', false]);
  });

  test('in two evaluations at once: one is true', async () => {
    const context = await approved();
    const both = await Promise.all([1, 2, 3].map(() => evaluate(payment({ context }))));
    expect(both.filter(({ decision }) => decision)).toHaveLength(1);
  });

  test('one for longer leaves what it covers true without it', async () => {
    const task = await requested();
    await say(task.id, { decision: 'approve', for: 'session' });
    const context = { approval: { id: task.id } };
    for (let i = 0; i < 3; i++) expect((await evaluate(payment({ context }))).decision).toBe(true);
    expect((await evaluate(payment())).decision).toBe(true);
  });

  test('among several evaluations, each for itself', async () => {
    const context = await approved();
    const evaluations = [{ context }, { context }, { action: { name: 'can_read' } }];
    const json = { ...payment(), evaluations };
    const { body } = await one.ask('POST', '/access/v1/evaluations', { key: pep, json });
    expect(body.evaluations.map(({ decision }: { decision: boolean }) => decision)).toEqual([
      true,
      false,
      true,
    ]);
  });
});

describe('a task', () => {
  test('is cancelled by who asked, once', async () => {
    const task = await requested();
    const cancel = (key = pep) =>
      one.ask('POST', `/access/v1/requests/${task.id}/cancel`, { key, json: { reason: 'x' } });
    const stranger = one.keyWith(['decide']);
    expect((await cancel(stranger)).body.type).toBe(problem('unknown_task'));
    const done = await cancel();
    expect([done.status, done.body.task.status]).toEqual([200, 'cancelled']);
    expect((await cancel()).body.type).toBe(problem('invalid_task_state'));
  });

  test('is nobody else’s to see; another instance with the same rights sees it', async () => {
    const task = await requested();
    const stranger = one.keyWith(['decide']);
    const unknown = await status(task.id, stranger);
    expect([unknown.status, unknown.body]).toEqual([404, (await status('made-up')).body]);
    const twin = one.keyWith(['decide'], { may_assert: { principals: ['alice'] } });
    expect((await status(task.id, twin)).body.task.status).toBe('pending');
    expect(
      (await one.ask('GET', `/access/v1/requests/${task.id}`, { key: undefined })).status,
    ).toBe(401);
  });

  test('takes the approvers that its rule names', async () => {
    const signature = payment({ action: { name: 'can_sign' } });
    const task = await requested(signature);
    expect((await say(task.id, { decision: 'approve' })).status).toBe(403);
    const boss = one.keyWith(['approve'], { principal: { id: 'carol', roles: ['boss'] } });
    await one.ask('POST', `/v1/approvals/${task.id}`, { key: boss, json: { decision: 'approve' } });
    expect((await status(task.id)).body.task.status).toBe('approved');
  });
});
