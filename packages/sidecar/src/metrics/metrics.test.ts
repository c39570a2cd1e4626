/** Metrics say how much, never who or what: their labels come from sets that no request can widen. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Running, running } from '../testing/running.ts';

let one: Running;
beforeAll(async () => {
  one = await running();
});
afterAll(() => one.clear());

const metrics = async () => (await one.ask('GET', '/metrics', { key: one.adminKey })).text;

test('requests by route and status, decisions by effect and code', async () => {
  for (let i = 0; i < 3; i++) await one.ask('POST', '/v1/submit', { json: { action: 'no.way' } });
  await one.ask('POST', '/v1/submit', { raw: '{' });
  await one.ask('POST', '/v1/sessions', { raw: '{' });
  await one.ask('GET', '/v1/sessions/one-that-is-not');
  const text = await metrics();
  expect(text).toContain('portcullis_http_requests_total{route="POST /v1/submit",status="200"} 3');
  expect(text).toContain('portcullis_http_requests_total{route="POST /v1/submit",status="400"} 1');
  expect(text).toContain(
    'portcullis_http_requests_total{route="GET /v1/sessions/{id}",status="404"} 1',
  );
  expect(text).toMatch(/portcullis_decisions_total\{effect="deny",code="\w+"\} 3/);
  expect(text).toContain('portcullis_refused_total{code="malformed_request"} 1');
  expect(text).toMatch(/portcullis_journal_writable 1/);
});

test('what a provider refuses was permitted, and is counted by its outcome', async () => {
  const policy = { version: 1, rules: [{ name: 'all', effect: 'permit' }] };
  const { text: before } = await one.ask('GET', '/metrics', { key: one.adminKey });
  expect(before).not.toContain('portcullis_outcomes_total{');
  const there = await running({ policy } as never);
  try {
    const ask = (action: string, resource: string, more = {}) =>
      there.ask('POST', '/v1/submit', { json: { action, resource, ...more } });
    // A permitted address that the provider refuses to open: it is this machine.
    const once = { idempotency_key: 'once' };
    const refused = await ask('http.get', 'http://127.0.0.1:9/', once);
    expect(refused.body).toMatchObject({ decision: { effect: 'permit' }, outcome: { error: {} } });
    await ask('http.get', 'http://127.0.0.1:9/', once);
    const { code } = refused.body.outcome.error;
    const { text } = await there.ask('GET', '/metrics', { key: there.adminKey });
    expect(text).toMatch(/portcullis_decisions_total\{effect="permit",code="permitted"\} [12]\n/);
    expect(text).toContain(
      `portcullis_outcomes_total{status="${refused.body.outcome.status}",code="${code}"}`,
    );
  } finally {
    await there.clear();
  }
});

test('no request adds a line that was not foreseen', async () => {
  await Promise.all(
    Array.from({ length: 300 }, (_, i) =>
      one.ask(i % 2 ? 'GET' : 'POST', `/v1/${i}`, {
        key: i % 3 ? one.apiKey : `pcl_${i}`,
        json: undefined,
      }),
    ),
  );
  for (let i = 0; i < 50; i++)
    await one.ask('POST', '/v1/decide', { json: { action: `no.a${i}`, execution: 'none' } });
  const before = (await metrics()).split('\n').length;
  for (let i = 0; i < 50; i++)
    await one.ask('POST', '/v1/decide', { json: { action: `no.b${i}`, execution: 'none' } });
  const text = await metrics();
  expect(text.split('\n').length).toBe(before);
  expect(text).not.toMatch(/no\.[ab]\d|local|pcl_/);
});

test('only for a key with the right', async () => {
  expect((await one.ask('GET', '/metrics')).status).toBe(403);
  expect((await one.ask('GET', '/metrics', { key: undefined })).status).toBe(401);
  expect((await one.ask('GET', '/metrics', { key: one.keyWith(['metrics']) })).status).toBe(200);
});
