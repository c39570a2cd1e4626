/** Secrets planted wherever a request has room for one must not come out where nobody asked for them. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Provider } from '@portcullis/kernel';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually, type Running, running } from './testing/running.ts';

const canary = (name: string) => `c4n4ry-${name}-${'x'.repeat(8)}`;
const PLANTED = [
  'param',
  'deep',
  'result',
  'thrown',
  'header',
  'body',
  'field',
  'query',
  'path',
  'policy',
  'justification',
  'permit',
];

const provider: Provider = {
  family: 'ok',
  actions: ['ok.say', 'ok.throw'].map((name) => ({
    name,
    resource: 'other',
    params: { type: 'object' },
    effect: 'read',
  })),
  execute({ name }) {
    if (name === 'ok.throw')
      throw new Error(`it broke: ${canary('thrown')} at /secret/place.ts:12`);
    return { data: { said: canary('result') }, labels: [] };
  },
};

let one: Running;
let events = '';
beforeAll(async () => {
  one = await running({ providers: [provider], logLevel: 'trace' });
});
afterAll(() => one.clear());

test('not in logs, metrics, events, problem documents, records or key files', async () => {
  const end = new AbortController();
  const stream = await fetch(`${one.url}/v1/events`, {
    headers: { authorization: `Bearer ${one.adminKey}` },
    signal: end.signal,
  });
  void (async () => {
    for await (const chunk of stream.body ?? []) events += Buffer.from(chunk).toString();
  })().catch(() => {});

  const say = await one.ask('POST', '/v1/submit', {
    json: {
      action: 'ok.say',
      params: { secret: canary('param'), a: [{ b: canary('deep') }] },
      justification: `because ${canary('justification')}`,
    },
  });
  // Who asks gets its result: that it is there proves that the canary sings.
  expect(say.text).toContain(canary('result'));

  const refusals = [
    await one.ask('POST', '/v1/submit', { json: { action: 'ok.throw' } }),
    await one.ask('GET', '/v1/status', {
      key: undefined,
      headers: { authorization: `Bearer ${canary('header')}` },
    }),
    await one.ask('POST', '/v1/submit', { raw: `{"action":"${canary('body')}` }),
    await one.ask('POST', '/v1/sessions', { json: { label: 1, note: canary('field') } }),
    await one.ask('GET', `/v1/journal?kind=${canary('query')}`),
    await one.ask('GET', `/v1/explain/${canary('path')}`),
    await one.ask('GET', `/${canary('path')}`),
    await one.ask('POST', '/v1/permits/verify', { json: { permit: canary('permit') } }),
    await one.ask('POST', '/v1/outcomes', { json: { permit: canary('permit'), status: 'ok' } }),
    await one.ask('PUT', '/v1/policy', {
      key: one.adminKey,
      json: { text: `version: 1 # ${canary('policy')}` },
    }),
  ];
  await eventually(() => events.includes('ok.throw'));
  end.abort();
  const metrics = (await one.ask('GET', '/metrics', { key: one.adminKey })).text;
  const journal = (await one.ask('GET', '/v1/journal/export', { key: one.adminKey })).text;
  expect(journal.split('\n').length).toBeGreaterThan(5);
  expect(one.logs.length).toBeGreaterThan(5);

  const places: Record<string, string> = { logs: one.logs.join(''), metrics, events, journal };
  refusals.forEach((answer, at) => {
    places[`refusal ${at}`] = answer.text;
  });
  for (const [place, text] of Object.entries(places)) {
    const found = PLANTED.filter((name) => text.includes(canary(name)));
    // A justification is free text for the auditor, and a provider's own message is redacted, not dropped. Who sends a policy that
    // does not load is shown where it breaks.
    const allowed =
      { journal: ['justification', 'thrown'], 'refusal 0': ['thrown'], 'refusal 9': ['policy'] }[
        place
      ] ?? [];
    expect([place, found.filter((name) => !allowed.includes(name))]).toEqual([place, []]);
    for (const key of [one.apiKey, one.adminKey])
      expect(text.includes(key.slice(21)), place).toBe(false);
    if (place.startsWith('refusal'))
      expect(text).not.toMatch(/node_modules|node:internal|\n\s+at /);
  }
});

test('the texts of keys lie in their two files and nowhere else in the data dir', async () => {
  await one.close();
  const secrets = [one.apiKey, one.adminKey].map((key) => key.slice(21));
  const files = readdirSync(one.dataDir, { recursive: true, encoding: 'utf8' })
    .map((name) => join(one.dataDir, name))
    .filter((path) => statSync(path).isFile());
  const holding = files.filter((path) =>
    secrets.some((secret) => readFileSync(path).includes(secret)),
  );
  expect(holding.map((path) => path.slice(one.dataDir.length + 1)).sort()).toEqual([
    'admin-key',
    'api-key',
  ]);
});
