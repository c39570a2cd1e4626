/** Bodies nobody should send, to every route that reads one: a typed answer, soon, and a record of who sent it. */
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { RIGHTS } from '@portcullis/kernel';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MAX_BODY } from './http/body.ts';
import { ROUTES } from './routes/table.ts';
import { jsonSuite } from './testing/json-suite.ts';
import { open } from './testing/raw.ts';
import { type Running, running } from './testing/running.ts';
import { nameOf, samplePath } from './testing/samples.ts';

const readers = ROUTES.filter((route) => route.body !== undefined);

let one: Running;
let key: string;
beforeAll(async () => {
  one = await running();
  key = one.keyWith(RIGHTS, { principal: { id: 'fuzzer' } });
});
afterAll(() => one.clear());

const send = (route: (typeof ROUTES)[number], raw: string | Uint8Array, headers = {}) =>
  one.ask(route.method, samplePath(route), { key, raw, headers });

/** Ours, or those that the access request profile names. */
const TYPE = /^urn:(?:portcullis:code|openid:authzen:access-request:error):[a-z_]+$/;

/** A problem document of ours, whatever was sent. */
function expectProblem(
  { status, headers, body, text }: Awaited<ReturnType<typeof send>>,
  what: string,
) {
  expect(status, what).toBeGreaterThanOrEqual(400);
  expect(status, what).toBeLessThan(500);
  expect(headers.get('content-type'), what).toBe('application/problem+json');
  expect(body, what).toMatchObject({
    status,
    code: expect.stringMatching(/^[a-z_]+$/),
    type: expect.stringMatching(TYPE),
  });
  expect(text, what).not.toMatch(/node:internal|\.ts:\d|at .*\(|\/tmp\//);
  expect(text, what).not.toContain(process.cwd());
}

const suite = jsonSuite();

describe.skipIf(suite === undefined)('the texts of JSONTestSuite', () => {
  test.each(readers.map((route) => [nameOf(route), route] as const))('to %s', async (_, route) => {
    const texts = suite ?? [];
    expect(texts.length).toBeGreaterThan(300);
    for (let at = 0; at < texts.length; at += 32) {
      await Promise.all(
        texts.slice(at, at + 32).map(async ({ name, bytes }) => {
          // An empty text is no body at all, which some routes do without.
          if (bytes.length === 0) return;
          const answer = await send(route, bytes);
          expect(answer.status, name).toBeLessThan(500);
          if (name.startsWith('n_')) expectProblem(answer, `${nameOf(route)} ${name}`);
          else if (answer.status >= 400) expectProblem(answer, `${nameOf(route)} ${name}`);
        }),
      );
    }
  });
});

const deep = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;

describe('hostile texts', () => {
  test.each<readonly [string, string | Uint8Array, string]>([
    ['nothing but space', '   ', 'malformed_request'],
    ['a byte order mark', '\ufeff{"action":"ok.read"}', 'malformed_request'],
    ['half a text', '{"action":"ok.re', 'malformed_request'],
    ['two texts', '{"action":"ok.read"}{"action":"no.way"}', 'malformed_request'],
    ['a trailing comma', '{"action":"ok.read",}', 'malformed_request'],
    ['NaN', '{"action":"ok.read","params":{"a":NaN}}', 'malformed_request'],
    ['a key twice', '{"action":"ok.read","action":"no.way"}', 'duplicate_key'],
    ['a key twice, once escaped', '{"action":"ok.read","\\u0061ction":"no.way"}', 'duplicate_key'],
    [
      'a number that is no double',
      '{"action":"ok.read","params":{"a":9007199254740993}}',
      'inexact_number',
    ],
    ['a number out of range', '{"action":"ok.read","params":{"a":1e999}}', 'inexact_number'],
    ['half a surrogate pair', '{"action":"ok.read","params":{"a":"\\ud800"}}', 'invalid_text'],
    [
      'bytes that are no UTF-8',
      Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]),
      'invalid_text',
    ],
    ['UTF-16', Buffer.from('{"action":"ok.read"}', 'utf16le'), 'malformed_request'],
    ['a deep nest', deep(100_000), 'too_deep'],
    ['a deep nest that never closes', '{"a":'.repeat(100_000), 'too_deep'],
    ['a mebibyte of brackets', '['.repeat(MAX_BODY), 'too_deep'],
    ['an unknown member', '{"action":"ok.read","Action":"x"}', 'unknown_field'],
    ['__proto__', '{"action":"ok.read","__proto__":{"session":"x"}}', 'unknown_field'],
    ['a wrong type', '{"action":1}', 'malformed_request'],
    ['null', 'null', 'malformed_request'],
    ['a text', '"ok.read"', 'malformed_request'],
  ])('%s', async (_, raw, code) => {
    const submit = readers[0] as (typeof readers)[number];
    const began = process.threadCpuUsage();
    const answer = await send(submit, raw);
    expectProblem(answer, code);
    expect(answer.body.code).toBe(code);
    expect(process.threadCpuUsage(began).user).toBeLessThan(1_000_000);
  });

  test('what submit and decide cannot read is decided: a recorded deny, as in the process', async () => {
    for (const path of ['/v1/submit', '/v1/decide']) {
      const { status, body } = await one.ask('POST', path, { key, raw: '{' });
      expect(status).toBe(400);
      expect(body).toMatchObject({
        code: 'malformed_request',
        result: {
          decision: { effect: 'deny', code: 'malformed_request' },
          outcome: { status: 'not_executed' },
          record: body.record,
        },
      });
      const { seq } = body.record;
      const record = await one.ask('GET', `/v1/journal/records/${seq}`, { key: one.adminKey });
      expect(record.body).toMatchObject({
        kind: 'decision',
        id: body.result.decision.id,
        code: 'malformed_request',
        principal: 'fuzzer',
      });
    }
  });

  test('what other routes refuse leaves a record that names who sent it', async () => {
    await one.ask('POST', '/v1/outcomes', { key, json: { permit: 1 } });
    await one.ask('POST', '/v1/sessions', { key, raw: '{"label":"a","label":"b"}' });
    const { body } = await one.ask('GET', '/v1/journal?kind=system&reverse=true&limit=2', {
      key: one.adminKey,
    });
    expect(body.records.reverse()).toMatchObject([
      {
        code: 'malformed_request',
        principal: 'fuzzer',
        route: 'POST /v1/outcomes',
        tenant: 'default',
      },
      { code: 'duplicate_key', principal: 'fuzzer', route: 'POST /v1/sessions' },
    ]);
  });

  test('a body that is there but need not be is still read', async () => {
    expect((await one.ask('POST', '/v1/journal/verify', { key, json: { x: 1 } })).body.code).toBe(
      'unknown_field',
    );
    expect((await one.ask('POST', '/v1/journal/verify', { key })).status).toBe(200);
    expect((await one.ask('POST', '/v1/submit', { key })).status).toBe(415);
  });
});

test('a body in chunks of one byte takes the memory of its bytes', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  // Collected three times: a buffer that nobody holds is given back after the collection that finds that out.
  const live = (): number => {
    for (let i = 0; i < 3; i++) collect();
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  };
  const size = MAX_BODY / 4;
  const before = live();
  const socket = open(one.url);
  const head = `POST /v1/decide HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer ${key}\r\n`;
  socket.write(`${head}content-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n`);
  await new Promise((sent) => socket.write('1\r\n \r\n'.repeat(size), sent));
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(live() - before).toBeLessThan(8 * size);
  const answer = once(socket, 'data');
  socket.write('2\r\n{}\r\n0\r\n\r\n');
  expect(String((await answer)[0])).toMatch(/^HTTP\/1.1 400 /);
  socket.destroy();
});

describe('media types', () => {
  test.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/jsonp',
    'text/json',
    'application/json; charset=utf-16',
    'application/json, text/plain',
    'application/json;x',
    'application/ld+json',
    '',
  ])('%j is refused on every route', async (type) => {
    for (const route of readers) {
      const { status, body } = await send(route, '{}', { 'content-type': type });
      expect([nameOf(route), status, body.code]).toEqual([
        nameOf(route),
        415,
        'unsupported_media_type',
      ]);
    }
  });

  test.each([
    'application/json',
    'Application/JSON',
    'application/json;charset=utf-8',
    'application/json; charset="UTF-8"',
  ])('%j is taken', async (type) => {
    const route = readers[0] as (typeof readers)[number];
    expect((await send(route, '{"action":"ok.read"}', { 'content-type': type })).status).toBe(200);
  });

  test('an encoded body is refused', async () => {
    const route = readers[0] as (typeof readers)[number];
    expect((await send(route, '{}', { 'content-encoding': 'gzip' })).status).toBe(415);
  });
});

/** What a client sees that sends `size` bytes whatever comes back. */
function upload(
  size: number,
  chunked: boolean,
): Promise<{ status: number | undefined; text: string }> {
  return new Promise((resolve, reject) => {
    const headers: Record<string, string> = {
      authorization: `Bearer ${key}`,
      'content-type': 'application/json',
      ...(chunked ? {} : { 'content-length': String(size) }),
    };
    const sent = request(`${one.url}/v1/submit`, { method: 'POST', headers }, (response) => {
      let text = '';
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode, text }));
    });
    sent.on('error', reject);
    const chunk = Buffer.alloc(65_536, ' ');
    let left = size;
    const push = (): void => {
      while (left > 0) {
        left -= chunk.length;
        if (!sent.write(chunk)) return void sent.once('drain', push);
      }
      sent.end();
    };
    push();
  });
}

describe('size', () => {
  test.each([
    [2 * MAX_BODY, false],
    [2 * MAX_BODY, true],
    [16 * MAX_BODY, false],
    [16 * MAX_BODY, true],
  ])('%i bytes (chunked: %s) are answered with 413 that arrives', async (size, chunked) => {
    const { status, text } = await upload(size, chunked);
    expect(status).toBe(413);
    expect(JSON.parse(text)).toMatchObject({ code: 'too_large', status: 413 });
  });

  test('what is over the cap is refused while it still comes', async () => {
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
    const sent = request(`${one.url}/v1/submit`, { method: 'POST', headers });
    const answered = once(sent, 'response');
    // Chunked, and never ended.
    sent.write(Buffer.alloc(2 * MAX_BODY, ' '));
    const [response] = (await answered) as [IncomingMessage];
    expect(response.statusCode).toBe(413);
    sent.destroy();
  });

  test('a body of the cap passes, one more byte does not', async () => {
    const text = (bytes: number) => `{"action":"ok.read"}${' '.repeat(bytes - 20)}`;
    const route = readers[0] as (typeof readers)[number];
    expect((await send(route, text(MAX_BODY))).status).toBe(200);
    expect((await send(route, text(MAX_BODY + 1))).status).toBe(413);
  });

  test('a batch of a thousand passes, of one more is refused; members nest as deep as they may alone', async () => {
    const member = { action: 'ok.read', execution: 'none' };
    const batch = (count: number) =>
      one.ask('POST', '/v1/decide', { key, json: Array(count).fill(member) });
    const full = await batch(1000);
    expect([full.status, full.body.length]).toEqual([200, 1000]);
    expect(await batch(1001)).toMatchObject({ status: 413, body: { code: 'too_large' } });
    expect((await batch(0)).body).toEqual([]);
    const nest = (levels: number): unknown => (levels === 0 ? 1 : { a: nest(levels - 1) });
    for (const levels of [30, 31, 32, 100]) {
      const nested = { ...member, params: nest(levels) };
      const alone = await one.ask('POST', '/v1/decide', { key, json: nested });
      const inBatch = await one.ask('POST', '/v1/decide', { key, json: [nested, member] });
      const { decision } = alone.body.result ?? alone.body;
      expect(inBatch.body[0].decision.code).toBe(decision.code);
      expect(inBatch.body[1].decision.code).toBe('permitted');
    }
  });
});
