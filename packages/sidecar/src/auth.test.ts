/** Who may ask: credentials of every wrong form, rates, and what strangers leave behind. */
import { Agent, request } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Running, running } from './testing/running.ts';

let one: Running;
beforeAll(async () => {
  one = await running();
});
afterAll(() => one.clear());

const records = async (query: string) =>
  (await one.ask('GET', `/v1/journal?${query}&limit=1000`, { key: one.adminKey })).body.records;

describe('credentials', () => {
  test('of every wrong form are one and the same answer', async () => {
    const { apiKey } = one;
    const swapped = apiKey.slice(0, 21) + one.adminKey.slice(21);
    const forms = [
      '',
      'Bearer',
      'Bearer ',
      apiKey,
      `Basic ${Buffer.from(`x:${apiKey}`).toString('base64')}`,
      `Bearer ${apiKey}x`,
      `Bearer  ${apiKey}`,
      `Bearer ${apiKey.slice(0, -1)}`,
      `Bearer ${swapped}`,
      `Bearer ${apiKey.toUpperCase()}`,
      'Bearer null',
      'Bearer undefined',
      `Bearer pcl_${'0'.repeat(16)}_${'A'.repeat(43)}`,
      `Bearer ${'a'.repeat(10_000)}`,
    ];
    const answers = new Set<string>();
    for (const authorization of forms) {
      const { status, text } = await one.ask('GET', '/v1/status', {
        key: undefined,
        headers: { authorization },
      });
      expect([authorization.slice(0, 40), status]).toEqual([authorization.slice(0, 40), 401]);
      answers.add(text);
    }
    expect(answers.size).toBe(1);
  });

  test('nowhere but in the header', async () => {
    for (const path of [`/v1/status?key=${one.apiKey}`, `/v1/status?access_token=${one.apiKey}`]) {
      expect((await one.ask('GET', path, { key: undefined })).status).toBe(401);
    }
    const headers = { cookie: `key=${one.apiKey}`, 'x-api-key': one.apiKey };
    expect((await one.ask('GET', '/v1/status', { key: undefined, headers })).status).toBe(401);
  });

  test('revoked and rotated keys end at once', async () => {
    const made = one.keys.create('default', { principal: { id: 'gone' }, rights: [] });
    const status = async (key: string) => (await one.ask('GET', '/v1/status', { key })).status;
    expect(await status(made.key)).toBe(200);
    const { key } = one.keys.rotate('default', made.view.id);
    expect([await status(made.key), await status(key)]).toEqual([401, 200]);
    one.keys.revoke('default', made.view.id);
    expect(await status(key)).toBe(401);
  });

  test('are who each request says, however often the connection was used', async () => {
    const made = one.keys.create('default', { principal: { id: 'kept' }, rights: ['explain'] });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const ports = new Set<number | undefined>();
    const ask = (key: string | undefined) =>
      new Promise<string>((resolve, reject) => {
        const headers = key === undefined ? {} : { authorization: `Bearer ${key}` };
        const asked = request(`${one.url}/v1/status`, { agent, headers }, (answer) => {
          ports.add(answer.socket.localPort);
          answer.resume().on('end', () => resolve(String(answer.statusCode)));
        });
        asked.on('error', reject).end();
      });
    expect(await ask(made.key)).toBe('200');
    expect(await ask(made.key)).toBe('200');
    expect(await ask(undefined)).toBe('401');
    const other = made.key.endsWith('A') ? 'B' : 'A';
    expect(await ask(made.key.slice(0, -1) + other)).toBe('401');
    expect(await ask(made.key)).toBe('200');
    one.keys.rotate('default', made.view.id);
    expect(await ask(made.key)).toBe('401');
    expect(ports.size).toBe(1);
    agent.destroy();
  });

  test('a page of another site cannot use them', async () => {
    const from = (headers: Record<string, string>) =>
      one.ask('POST', '/v1/submit', { json: { action: 'ok.read' }, headers });
    expect(await from({ origin: 'https://evil.example' })).toMatchObject({
      status: 421,
      body: { code: 'misdirected' },
    });
    expect((await from({ origin: 'null' })).status).toBe(421);
    expect((await from({})).status).toBe(200);
  });
});

describe('strangers', () => {
  test('are counted, and leave one record per source and minute', async () => {
    const other = await running();
    for (let i = 0; i < 50; i++) await other.ask('GET', '/v1/status', { key: undefined });
    await other.close();
    const again = await running({ dataDir: other.dataDir });
    try {
      const { body } = await again.ask('GET', '/v1/journal?kind=system', { key: again.adminKey });
      const refused = body.records.filter(
        (record: { code?: string }) => record.code === 'unauthenticated',
      );
      expect(refused).toHaveLength(1);
      expect(refused[0]).toMatchObject({ source: '127.0.0.1', count: 50 });
    } finally {
      await again.clear();
      await other.clear();
    }
  });
});

describe('a key without the right', () => {
  test('leaves a record that names it', async () => {
    const key = one.keyWith([], { principal: { id: 'nosy' } });
    const { status, body } = await one.ask('PUT', '/v1/policy', {
      key,
      json: { text: 'version: 1' },
    });
    expect([status, body.code]).toEqual([403, 'forbidden']);
    const refused = (await records('kind=system')).filter(
      (record: { principal?: string }) => record.principal === 'nosy',
    );
    expect(refused).toMatchObject([
      { code: 'forbidden', route: 'PUT /v1/policy', tenant: 'default' },
    ]);
  });
});

describe('a rate', () => {
  test('is of one key, comes before the journal, and says when to come back', async () => {
    const key = one.keyWith(['decide'], {
      principal: { id: 'busy' },
      rate: { max: 3, per_seconds: 60 },
    });
    const ask = () =>
      one.ask('POST', '/v1/decide', { key, json: { action: 'ok.read', execution: 'none' } });
    const answers = [];
    for (let i = 0; i < 5; i++) answers.push(await ask());
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 429, 429]);
    const last = answers[4];
    expect(last?.body).toMatchObject({ code: 'too_many_requests', retry: 'later', status: 429 });
    expect(Number(last?.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    expect(last?.body.retry_after).toBeLessThanOrEqual(20);
    expect((await one.ask('GET', '/v1/status')).status).toBe(200);
    const seen = (await records('principal=busy')).filter(
      (record: { principal?: string; kind: string }) =>
        record.principal === 'busy' && record.kind !== 'state',
    );
    expect(seen).toHaveLength(3);
  });

  test('counts each member of a batch', async () => {
    const key = one.keyWith(['decide'], { rate: { max: 10, per_seconds: 60 } });
    const batch = (count: number) =>
      one.ask('POST', '/v1/decide', {
        key,
        json: Array(count).fill({ action: 'ok.read', execution: 'none' }),
      });
    expect([(await batch(6)).status, (await batch(6)).status]).toEqual([200, 429]);
  });

  test('a batch of more than a thousand decides nothing of it', async () => {
    const decisions = async (): Promise<number> =>
      (await one.ask('GET', '/v1/status', { key: one.adminKey })).body.journal.seq;
    const before = await decisions();
    const json = Array(1001).fill({ action: 'ok.read', execution: 'none' });
    const { status, body } = await one.ask('POST', '/v1/decide', { json });
    expect([status, body.code]).toEqual([413, 'too_large']);
    expect(await decisions()).toBe(before);
  });

  test('of the sidecar holds for keys that have none of their own', async () => {
    const other = await running({ rate: { max: 2, per_seconds: 60 } });
    try {
      const statuses = [];
      for (let i = 0; i < 3; i++) statuses.push((await other.ask('GET', '/v1/status')).status);
      expect(statuses).toEqual([200, 200, 429]);
      const own = other.keyWith([], { rate: { max: 100, per_seconds: 1 } });
      for (let i = 0; i < 3; i++)
        expect((await other.ask('GET', '/v1/status', { key: own })).status).toBe(200);
    } finally {
      await other.clear();
    }
  });
});
