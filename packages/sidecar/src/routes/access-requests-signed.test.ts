/** What AuthZEN access requests carry by value: the denial's token and the approval's state, as others verify them, and every way in which they are not ours. */
import { createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Running, running } from '../testing/running.ts';

const POLICY = `version: 1
rules:
  - {name: pays, effect: require_approval, when: {action: can_pay}}
`;
let one: Running;
let pep: string;
let now: number;
beforeEach(async () => {
  now = Date.parse('2026-11-21T12:00:00.500Z');
  one = await running({ policy: POLICY, now: () => now });
  pep = one.keyWith(['decide'], { may_assert: { principals: ['alice', 'bob'] } });
});
afterEach(() => one.clear());

const payment = (more: object = {}) => ({
  subject: { type: 'user', id: 'alice', properties: { act: { sub: 'agent' } } },
  action: { name: 'can_pay', properties: { amount: 7 } },
  resource: { type: 'invoice', id: '7' },
  ...more,
});
const evaluate = async (json: unknown) =>
  (await one.ask('POST', '/access/v1/evaluation', { key: pep, json })).body;
const request = (json: unknown) => one.ask('POST', '/access/v1/requests', { key: pep, json });
const denied = async (evaluation: object = payment()) => (await evaluate(evaluation)).context;
const read = (part: string | undefined) =>
  JSON.parse(Buffer.from(part ?? '', 'base64url').toString());
const write = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

async function verified(jws: string) {
  const { jwks_uri } = (await one.ask('GET', '/.well-known/authzen-configuration')).body;
  const { keys } = (await one.ask('GET', new URL(jwks_uri).pathname)).body;
  const [header, payload, signature] = jws.split('.');
  const jwk = keys.find(({ kid }: { kid: string }) => kid === read(header).kid);
  const key = createPublicKey({ key: jwk, format: 'jwk' });
  const input = Buffer.from(`${header}.${payload}`);
  expect(verify(null, input, key, Buffer.from(signature ?? '', 'base64url'))).toBe(true);
  return read(payload);
}

test('a denial is requested by its token alone, which anybody can verify', async () => {
  const context = await denied();
  const { binding_token: token, expires_at } = context.access_request;
  expect(await verified(token)).toEqual({
    iss: one.url,
    aud: `${one.url}/access/v1/requests`,
    iat: Math.floor(now / 1000),
    exp: Math.floor((now + 600_000) / 1000),
    jti: context.evaluation_id,
    evaluation_id: context.evaluation_id,
    denial_expires_at: expires_at,
    binding_context_members: [],
    // SHA-256 of the JCS text of {subject without act, resource, action, context: {}}, by another implementation.
    binding_hash: 'bdMDNbTf6fNJyPDnMlmOMv5xyiIafjNioQ7XlUhfFFg',
  });
  // The actor may come as a member of its own instead, and so may what people are told.
  const submitted = payment({
    subject: { type: 'user', id: 'alice', properties: {} },
    context: { business_justification: 'the customer waits' },
    denial: { binding_token: token, expires_at },
  });
  const answer = await request(submitted);
  expect([answer.status, answer.body.task.status]).toEqual([202, 'pending']);
  const both = { binding_token: token, expires_at, evaluation_id: context.evaluation_id };
  expect((await request({ ...submitted, denial: both })).body.task.id).toBe(answer.body.task.id);
});

test('a token for something else, of another time, or by somebody else binds nothing', async () => {
  const context = await denied();
  const { binding_token: token, expires_at } = context.access_request;
  const [header = '', payload = '', signature = ''] = token.split('.');
  const stranger = generateKeyPairSync('ed25519').privateKey;
  const resigned = (head: object, body: object) => {
    const input = `${write(head)}.${write(body)}`;
    return `${input}.${sign(null, Buffer.from(input), stranger).toString('base64url')}`;
  };
  const elsewhere = (await denied(payment({ resource: { type: 'invoice', id: '8' } })))
    .access_request.binding_token;
  for (const [what, denial] of Object.entries({
    another: { binding_token: elsewhere },
    'beside another evaluation': { binding_token: token, evaluation_id: 'act_other' },
    'with more time': { binding_token: token, expires_at: '2999-01-01T00:00:00Z' },
    'of another key': { binding_token: resigned(read(header), read(payload)) },
    'without a signature': { binding_token: `${write({ alg: 'none' })}.${payload}.` },
    'with its own claims': {
      binding_token: `${header}.${write({ ...read(payload), exp: 9e9 })}.${signature}`,
    },
    'as another kind': {
      binding_token: `${write({ ...read(header), typ: 'portcullis-approval+jwt' })}.${payload}.${signature}`,
    },
    longer: { binding_token: `${token}.` },
    'spelled otherwise': { binding_token: `${token}=` },
    nothing: { binding_token: '', evaluation_id: context.evaluation_id },
  })) {
    const { status, body } = await request(payment({ denial: { expires_at, ...denial } }));
    expect([what, status, body.type]).toEqual([
      what,
      400,
      'urn:openid:authzen:access-request:error:invalid_denial_binding',
    ]);
  }
  now += 600_001;
  const late = await request(payment({ denial: { binding_token: token, expires_at } }));
  expect([late.status, late.body.type]).toEqual([
    410,
    'urn:openid:authzen:access-request:error:expired_denial',
  ]);
});

test('an approval comes with a state, and one that is not its own is passed over', async () => {
  const approved = async (of: object = {}) => {
    const evaluation = payment(of);
    const { access_request: asked } = await denied(evaluation);
    const { task } = (await request({ ...evaluation, denial: asked })).body;
    await one.ask('POST', `/v1/approvals/${task.id}`, {
      key: one.adminKey,
      json: { decision: 'approve' },
    });
    const path = `/access/v1/requests/${task.id}`;
    return (await one.ask('GET', path, { key: pep })).body.result.approval;
  };
  const approval = await approved();
  const other = await approved({ resource: { type: 'invoice', id: '8' } });
  expect(await verified(approval.state)).toEqual({
    iss: one.url,
    aud: one.url,
    iat: Math.floor(now / 1000),
    exp: Math.floor(Date.parse(approval.approved_until) / 1000),
    approval_id: approval.id,
    task_id: approval.id,
  });
  const outcome = async (presented: object) => {
    const { decision, context } = await evaluate(payment({ context: { approval: presented } }));
    return [decision, context.reason, context.next_action];
  };
  const [head, body, signature] = approval.state.split('.');
  for (const state of [
    other.state,
    (await denied()).access_request.binding_token,
    `${head}.${write({ ...read(body), approval_id: other.id })}.${signature}`,
    '',
    null,
    { approval_id: approval.id },
  ])
    expect(await outcome({ ...approval, state })).toEqual([
      false,
      'approval_unverifiable',
      'request',
    ]);
  expect(await outcome(approval)).toEqual([true, undefined, undefined]);
  now += 3_600_001;
  expect(await outcome(other)).toEqual([false, 'approval_expired', 'request']);
});

test('of the context the session binds', async () => {
  const key = one.keyWith(['decide', 'sessions:open']);
  const opened = await one.ask('POST', '/v1/sessions', { key, json: {} });
  const { principal, id: session } = opened.body;
  const own = payment({
    subject: { type: 'agent', id: principal },
    context: { session, colour: 'red' },
  });
  const { context } = (await one.ask('POST', '/access/v1/evaluation', { key, json: own })).body;
  const { binding_token, expires_at } = context.access_request;
  expect((await verified(binding_token)).binding_context_members).toEqual(['session']);
  const asking = (context: object) => {
    const json = { ...own, context, denial: { binding_token, expires_at } };
    return one.ask('POST', '/access/v1/requests', { key, json });
  };
  expect((await asking({ colour: 'red' })).status).toBe(400);
  expect((await asking({ session, colour: 'blue' })).status).toBe(202);
});

test('an actor is taken where the key can stand for all of its chain', async () => {
  const { access_request: denial } = await denied();
  const asking = async (actor: unknown) => {
    const { status, body } = await request(payment({ denial, client: { id: 'app', actor } }));
    return status === 202 ? 202 : body.code;
  };
  const chain = { id: 'alice', issuer: one.url, act: { sub: 'bob', iss: one.url } };
  expect(await asking(chain)).toBe(202);
  expect(await asking({ ...chain, id: 'mallory' })).toBe('assertion_not_allowed');
  expect(await asking({ ...chain, act: { ...chain.act, act: { sub: 'mallory' } } })).toBe(
    'assertion_not_allowed',
  );
  expect(await asking({ ...chain, issuer: 'https://elsewhere.example' })).toBe(
    'assertion_not_allowed',
  );
  for (const actor of [{}, { id: 7 }, 'alice', null, { id: 'alice', act: ['bob'] }])
    expect([actor, await asking(actor)]).toEqual([actor, 'malformed_request']);
});
