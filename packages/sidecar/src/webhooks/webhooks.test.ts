/** Webhooks against a real receiver: what is told, how it is signed, that nothing is lost to refusals, outages, restarts and crashes, and what is never sent. */
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { verifyWebhook, type WebhookKey } from '@portcullis/client';
import { afterEach, describe, expect, test } from 'vitest';
import type { SidecarOptions } from '../options.ts';
import { type Received, type Receiver, receiver } from '../testing/receiver.ts';
import { eventually, type Running, running } from '../testing/running.ts';
import type { WebhookOptions } from './options.ts';

const all: Running[] = [];
const receivers: Receiver[] = [];
afterEach(async () => {
  for (const one of all.splice(0)) await one.clear();
  for (const one of receivers.splice(0)) await one.close();
});

const POLICY = `version: 1
rules:
  - {name: ok, effect: permit, when: {action: ok.*}}
  - {name: ask, effect: require_approval, when: {action: ask.*}}
  - {name: ask-two, effect: require_approval, when: {action: two.*}, then: {approvers: ["role:boss"], quorum: 2}}
  - {name: end, effect: deny, when: {action: end.*}, then: {invalidate: session}}
`;
const RETRY = { first: 5, most: 20, timeout: 2_000 };
const SECRET = 'a secret of at least thirty-two bytes';
const KEY: WebhookKey = { id: 'ops', secret: SECRET };

async function take(): Promise<Receiver> {
  const one = await receiver();
  receivers.push(one);
  return one;
}
async function start(
  to: Receiver,
  hook: Partial<WebhookOptions> = {},
  options: SidecarOptions = {},
): Promise<Running> {
  const webhook = {
    url: to.url,
    name: 'ops',
    secret: SECRET,
    private: true,
    retry: RETRY,
    ...hook,
  };
  const one = await running({ policy: POLICY, webhooks: [webhook], ...options });
  all.push(one);
  return one;
}
const submit = (one: Running, action: string, more: object = {}) =>
  one.ask('POST', '/v1/decide', { json: { action, ...more } });
const types = (to: Receiver) => to.taken.map(({ event }) => event.type);
const verify = (to: Receiver, { method, headers, text }: Received, keys: WebhookKey[] = [KEY]) =>
  verifyWebhook({ method, url: to.url, headers, body: text }, { keys });
const metric = async (one: Running, name: string) =>
  Number(
    new RegExp(`^${name} (\\d+)$`, 'm').exec(
      (await one.ask('GET', '/metrics', { key: one.adminKey })).text,
    )?.[1],
  );

describe('what is told', () => {
  test('an action that is held, answered, withdrawn; each once, in order', async () => {
    const to = await take();
    const one = await start(to);
    const { body: first } = await submit(one, 'ask.it', { params: { to: 'somebody' } });
    const { body: second } = await submit(one, 'two.it', { params: { n: 1 } });
    const answer = { decision: 'approve', reason: 'fine by me' };
    await one.ask('POST', `/v1/approvals/${first.approval.id}`, {
      key: one.adminKey,
      json: answer,
    });
    await one.ask('DELETE', `/v1/approvals/${second.approval.id}`);
    await eventually(() => to.taken.length === 4);
    expect(types(to)).toEqual([
      'approval.held',
      'approval.held',
      'approval.answered',
      'approval.withdrawn',
    ]);
    const [held, other, answered] = to.taken.map(({ event }) => event);
    expect(held).toMatchObject({
      tenant: 'default',
      data: {
        id: first.approval.id,
        action: 'ask.it',
        status: 'open',
        asks: [{ rule: 'ask', quorum: 1 }],
      },
    });
    expect(other.data.asks).toEqual([{ rule: 'ask-two', approvers: ['role:boss'], quorum: 2 }]);
    expect(answered.data).toMatchObject({
      id: first.approval.id,
      decision: 'approve',
      for: 'once',
      reason: 'fine by me',
    });
    expect(new Set(to.taken.map(({ event }) => event.id)).size).toBe(4);
    const record = await one.ask('GET', `/v1/journal/records/${held.record.seq}`, {
      key: one.adminKey,
    });
    expect(record.body.hash).toBe(held.record.hash);
  });

  test('what runs out of time', async () => {
    let now = Date.now();
    const to = await take();
    const one = await start(to, {}, { now: () => now, approvals: { ttl: 1_000 } });
    await submit(one, 'ask.it');
    await eventually(() => to.taken.length === 1);
    now += 2_000;
    await eventually(() => to.taken.length === 2);
    expect(types(to)).toEqual(['approval.held', 'approval.expired']);
  });

  test('quarantine, freeze, invalidation and its end, by people and by rules', async () => {
    const to = await take();
    const one = await start(to);
    const key = one.adminKey;
    const { body: session } = await one.ask('POST', '/v1/sessions', { json: {} });
    const path = `/v1/sessions/${session.id}/quarantine`;
    expect(
      (await one.ask('POST', path, { key, json: { level: 'isolated', reason: 'odd' } })).status,
    ).toBe(200);
    for (const on of [true, false])
      await one.ask('POST', '/v1/freeze', { key, json: { on, reason: 'drill' } });
    const target = { target: 'principal', id: 'somebody', reason: 'left' };
    await one.ask('POST', '/v1/invalidate', { key, json: target });
    await one.ask('POST', '/v1/restore', { key, json: target });
    const { body: second } = await one.ask('POST', '/v1/sessions', { json: {} });
    const { body: ended } = await submit(one, 'end.it', { session: second.id });
    await eventually(() => to.taken.length === 6);
    const told = to.taken.map(({ event }) => [event.type, event.data]);
    expect(told[0]).toEqual([
      'session.quarantined',
      expect.objectContaining({ session: session.id, level: 'isolated', reason: 'odd' }),
    ]);
    expect(told[1]).toEqual(['freeze', expect.objectContaining({ on: true, reason: 'drill' })]);
    expect(told[3]).toEqual(['invalidated', expect.objectContaining({ id: 'somebody' })]);
    expect(types(to)[4]).toBe('restored');
    expect(told[5]).toEqual([
      'invalidated',
      { target: 'session', id: second.id, guard: 'policy', decision: ended.decision.id },
    ]);
  });

  test('only the events that were asked for, each webhook its own', async () => {
    const [few, everything] = [await take(), await take()];
    const hooks = [
      { url: few.url, name: 'few', secret: SECRET, private: true, events: ['freeze'] as const },
      { url: everything.url, name: 'all', secret: SECRET, private: true },
    ];
    const one = await start(few, {}, { webhooks: hooks });
    await submit(one, 'ask.it');
    await one.ask('POST', '/v1/freeze', { key: one.adminKey, json: { on: true, reason: 'x' } });
    await eventually(() => everything.taken.length === 2 && few.taken.length === 1);
    expect(types(few)).toEqual(['freeze']);
  });
});

describe('what is never sent', () => {
  const CANARY = 'sk-live-CANARY1234567890abcdefghij';
  const params = { note: 'pay Ann', api_key: CANARY, deep: [{ password: CANARY }] };

  test('nothing of the parameters, unless asked for', async () => {
    const to = await take();
    const one = await start(to);
    await submit(one, 'ask.it', { params, resource: 'invoice-7', justification: 'it is due' });
    await eventually(() => to.taken.length === 1);
    expect(to.taken[0]?.text).not.toMatch(/CANARY|pay Ann|invoice-7|it is due/);
  });

  test('with details, what an approver is shown and no more', async () => {
    const to = await take();
    const one = await start(to, { details: true });
    const hostile = { ...params, text: 'a\u202eb\u001b[31m' };
    const { body } = await submit(one, 'ask.it', { params: hostile, resource: 'invoice-7' });
    const { body: shown } = await one.ask('GET', `/v1/approvals/${body.approval.id}`, {
      key: one.adminKey,
    });
    await eventually(() => to.taken.length === 1);
    const { data } = to.taken[0]?.event ?? {};
    expect(data.params).toEqual(shown.action.params);
    expect(data.resource).toBe(shown.action.resource);
    expect(to.taken[0]?.text).toMatch(/pay Ann/);
    expect(to.taken[0]?.text).not.toMatch(/CANARY|\u202e|\\u001b/);
  });

  test('not to an address that is not public, unless the webhook says so; never without TLS', async () => {
    const to = await take();
    const url = to.url.replace('http:', 'https:');
    const one = await start(to, { url, private: false });
    await submit(one, 'ask.it');
    await eventually(
      async () =>
        (await metric(
          one,
          'portcullis_webhook_attempts_total\\{webhook="ops",outcome="unreached"\\}',
        )) > 1,
    );
    expect(to.taken).toEqual([]);
    await expect(start(to, { private: false })).rejects.toThrow(/webhooks\.0: url is an https URL/);
  });

  test('a redirect is not followed', async () => {
    const to = await take();
    to.answer = 302;
    const one = await start(to, { retry: { ...RETRY, refusals: 2 } });
    await submit(one, 'ask.it');
    await eventually(
      async () =>
        (await metric(
          one,
          'portcullis_webhook_dropped_total\\{webhook="ops",cause="refused"\\}',
        )) === 1,
    );
    expect(to.taken.every(({ path }) => path === '/hooks?t=1')).toBe(true);
  });
});

describe('signatures', () => {
  test('with a shared secret; whatever is changed is found out', async () => {
    const to = await take();
    const one = await start(to);
    await submit(one, 'ask.it');
    await eventually(() => to.taken.length === 1);
    const taken = to.taken[0] as Received;
    expect(await verify(to, taken)).toEqual({ ok: true, event: taken.event });
    const { method, headers, text: body } = taken;
    const request = { method, url: to.url, headers, body };
    const code = async (change: object, checks: object = {}) => {
      const verdict = await verifyWebhook({ ...request, ...change }, { keys: [KEY], ...checks });
      return verdict.ok ? 'ok' : verdict.code;
    };
    const without = (name: string) => {
      const { [name]: _, ...rest } = headers;
      return { headers: rest };
    };
    const replaced = (name: string, from: string | RegExp, to: string) => ({
      headers: { ...headers, [name]: String(headers[name]).replace(from, to) },
    });
    expect(await code({ body: body.replace('ask.it', 'ok.it') })).toBe('digest_mismatch');
    expect(await code({ method: 'PUT' })).toBe('bad_signature');
    expect(await code({ url: `${to.url}&x=1` })).toBe('bad_signature');
    expect(await code({ url: 'no url' })).toBe('not_covered');
    expect(await code(replaced('webhook-id', /^./, '9'))).toBe('bad_signature');
    expect(await code(replaced('content-type', 'json', 'xml'))).toBe('bad_signature');
    expect(await code(replaced('signature-input', /created=\d/, 'created=9'))).toBe('stale');
    expect(await code(replaced('signature-input', ' "content-digest"', ''))).toBe('not_covered');
    expect(await code(replaced('signature-input', 'portcullis-webhook', 'x'))).toBe('no_signature');
    expect(await code(replaced('signature-input', 'hmac-sha256', 'ed25519'))).toBe('unknown_key');
    expect(await code(replaced('signature', '=:', '=:AAAA'))).toBe('bad_signature');
    expect(await code(replaced('signature', /:.*/, '1'))).toBe('malformed');
    expect(await code(without('signature'))).toBe('no_signature');
    expect(await code(without('content-digest'))).toBe('digest_mismatch');
    expect(await code({}, { keys: [] })).toBe('unknown_key');
    expect(await code({}, { keys: [{ id: 'ops', secret: `${SECRET}x` }] })).toBe('bad_signature');
    expect(await code({}, { keys: [{ id: 'ops', publicKey: SECRET }] })).toBe('unknown_key');
    // From when it was made, and not from now: between the two a busy machine may have taken its time.
    const made = Number(/created=(\d+)/.exec(String(headers['signature-input']))?.[1]) * 1_000;
    expect(await code({}, { now: made + 301_000 })).toBe('stale');
    expect(await code({}, { now: made - 301_000 })).toBe('stale');
    expect(await code({}, { tolerance: Number.NaN })).toBe('stale');
    expect(await code({}, { now: Number.NaN })).toBe('stale');
    expect(await code({}, { now: made + 299_000 })).toBe('ok');
  });

  test('with the sidecar’s own key, which it publishes and keeps', async () => {
    const to = await take();
    const { secret: _, ...own } = { secret: '', url: to.url, private: true, retry: RETRY };
    const one = await start(to, {}, { webhooks: [own] });
    const { body } = await one.ask('GET', '/.well-known/jwks.json', { key: undefined });
    expect(body.keys).toHaveLength(1);
    const [{ kid, x }] = body.keys;
    await submit(one, 'ask.it');
    await eventually(() => to.taken.length === 1);
    const verdict = await verify(to, to.taken[0] as Received, [{ id: kid, publicKey: x }]);
    expect(verdict.ok).toBe(true);
    expect(readFileSync(join(one.dataDir, 'keys', 'webhooks.pem'), 'utf8')).toContain(
      'PRIVATE KEY',
    );
  });

  test('with a key of the operator’s, under the name it is given', async () => {
    const to = await take();
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const key = privateKey.export({ format: 'pem', type: 'pkcs8' }) as string;
    const hook = { url: to.url, private: true, retry: RETRY, key, keyId: 'ours' };
    const one = await start(to, {}, { webhooks: [hook] });
    await submit(one, 'ask.it');
    await eventually(() => to.taken.length === 1);
    const { x = '' } = publicKey.export({ format: 'jwk' });
    const verdict = await verify(to, to.taken[0] as Received, [{ id: 'ours', publicKey: x }]);
    expect(verdict.ok).toBe(true);
    expect((await one.ask('GET', '/.well-known/jwks.json')).body.keys[0].kid).toBe('ours');
  });
});

test('the Python client verifies both, and finds out what was changed', async () => {
  const to = await take();
  const hooks = [
    { url: to.url, name: 'ops', secret: SECRET, private: true },
    { url: to.url, name: 'own', private: true },
  ];
  const one = await start(to, {}, { webhooks: hooks });
  const { body } = await one.ask('GET', '/.well-known/jwks.json');
  await submit(one, 'ask.it');
  await eventually(() => to.taken.length === 2);
  const program = `
import json, sys
from portcullis import WebhookKey, WebhookRefused, verify_webhook
told = json.load(sys.stdin)
keys = [WebhookKey("ops", secret=told["secret"]), WebhookKey(told["kid"], public_key=told["x"])]
for taken in told["taken"]:
    def check(**changed):
        given = dict(method=taken["method"], url=told["url"], headers=taken["headers"], body=taken["text"].encode(), keys=keys)
        try:
            return verify_webhook(**{**given, **changed})["type"]
        except WebhookRefused as refused:
            return refused.code
    print(check(), check(method="PUT"), check(body=b"{}"), check(url=told["url"] + "2"), check(keys=[]))
`;
  const [{ kid, x }] = body.keys;
  const said = execFileSync('python3', ['-c', program], {
    encoding: 'utf8',
    input: JSON.stringify({ secret: SECRET, kid, x, url: to.url, taken: to.taken }),
    env: {
      ...process.env,
      PYTHONPATH: join(import.meta.dirname, '../../../../python'),
      PYTHONDONTWRITEBYTECODE: '1',
    },
  });
  const line = 'approval.held bad_signature digest_mismatch bad_signature unknown_key';
  expect(said.trim().split('\n')).toEqual([line, line]);
});

describe('at least once', () => {
  test('tried again until it is taken, with the same id and a fresh signature, and the next waits', async () => {
    const to = await take();
    to.answer = 503;
    const one = await start(to);
    await submit(one, 'ask.first');
    await submit(one, 'ask.second');
    await eventually(() => to.taken.length >= 3);
    expect(new Set(to.taken.map(({ event }) => event.id)).size).toBe(1);
    to.answer = 204;
    await eventually(() => to.taken.some(({ event }) => event.data.action === 'ask.second'));
    for (const taken of to.taken) expect((await verify(to, taken)).ok).toBe(true);
    expect(await metric(one, 'portcullis_webhook_waiting\\{webhook="ops"\\}')).toBe(0);
  });

  test('what is refused too often is dropped and counted; what comes after it is not', async () => {
    const to = await take();
    to.answer = 400;
    const one = await start(to, { retry: { ...RETRY, refusals: 3 } });
    await submit(one, 'ask.first');
    await eventually(
      async () =>
        (await metric(
          one,
          'portcullis_webhook_dropped_total\\{webhook="ops",cause="refused"\\}',
        )) === 1,
    );
    expect(to.taken).toHaveLength(3);
    to.answer = 200;
    await submit(one, 'ask.second');
    await eventually(() => to.taken.length === 4);
  });

  test('a receiver that hangs is left; the queue is bounded and counts what it drops', async () => {
    const to = await take();
    to.answer = 'hang';
    const one = await start(to, { retry: { ...RETRY, timeout: 300, queue: 3 } });
    for (let i = 0; i < 6; i++) await submit(one, `ask.n${i}`);
    await eventually(
      async () =>
        (await metric(one, 'portcullis_webhook_dropped_total\\{webhook="ops",cause="full"\\}')) ===
        3,
    );
    to.answer = 200;
    await eventually(() => to.taken.some(({ event }) => event.data.action === 'ask.n5'));
    const told = new Set(to.taken.map(({ event }) => event.data.action));
    expect([...told]).toEqual(['ask.n0', 'ask.n4', 'ask.n5']);
  });

  test('what waited when it stopped goes out when it starts again, once', async () => {
    const to = await take();
    to.answer = 503;
    const dataDir = join(await dirOf(to), 'data');
    const first = await start(to, {}, { dataDir });
    await submit(first, 'ask.it');
    await eventually(() => to.taken.length > 0);
    await first.close();
    const seen = to.taken.length;
    to.answer = 200;
    await start(to, {}, { dataDir });
    await eventually(() => to.taken.length > seen);
    expect(new Set(to.taken.map(({ event }) => event.id)).size).toBe(1);
    const again = await restart(dataDir, to);
    await submit(again, 'ask.other');
    await eventually(() => types(to).length === seen + 2);
  });

  test('what a crash forgot is found in the journal', async () => {
    const to = await take();
    const dataDir = join(await dirOf(to), 'data');
    const first = await start(to, {}, { dataDir });
    const file = join(dataDir, 'webhooks.json');
    const before = readFileSync(file, 'utf8');
    expect(JSON.parse(before).webhooks.ops.ended).toBe(false);
    await submit(first, 'ask.it');
    await eventually(() => to.taken.length === 1);
    await first.close();
    // As if it had been killed before any of that was put down.
    writeFileSync(file, before, { mode: 0o600 });
    const second = await restart(dataDir, to);
    await eventually(() => to.taken.length === 2);
    expect(to.taken[1]?.event).toEqual(to.taken[0]?.event);
    await second.close();
    writeFileSync(file, 'nonsense', { mode: 0o600 });
    const third = await restart(dataDir, to);
    await submit(third, 'ask.more');
    await eventually(() => to.taken.length === 3);
    expect(third.logs.join('')).toMatch(/forgotten/);
  });

  const restart = async (dataDir: string, to: Receiver): Promise<Running> => {
    await all.at(-1)?.close();
    return start(to, {}, { dataDir });
  };
  const dirs: string[] = [];
  afterEach(() => {
    for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true, force: true });
  });
  const dirOf = async (to: Receiver): Promise<string> => {
    const one = await start(to);
    await one.close();
    dirs.push(one.dir);
    return one.dir;
  };
});

test.each([
  [{ url: 'ftp://example.com' }, /url is an https URL/],
  [{ url: 'https://u:p@example.com' }, /holds no user/],
  [{ url: 'https://example.com', secret: 'short' }, /at least 32 bytes/],
  [{ url: 'https://example.com', key: 'no key' }, /webhooks\.0/],
  [{ url: 'https://example.com', secret: SECRET, key: 'x' }, /exclude each other/],
  [{ url: 'https://example.com', events: ['no.such'] }, /events are some of/],
  [{ url: 'https://example.com', events: [] }, /events are some of/],
  [{ url: 'https://example.com', name: 'a b' }, /a name has/],
  [{ url: 'https://example.com', keyId: 'a"b', secret: SECRET }, /keyId has/],
  [{ url: 'https://example.com', retry: { queue: 0 } }, /retry\.queue/],
])('%j does not start', async (hook, expected) => {
  await expect(running({ webhooks: [hook as never] })).rejects.toThrow(expected);
});

test('two of one name do not start', async () => {
  const hook = { url: 'https://example.com/a' };
  await expect(running({ webhooks: [hook, { url: 'https://example.com/b' }] })).rejects.toThrow(
    /two are named example\.com/,
  );
});
