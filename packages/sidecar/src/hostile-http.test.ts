/** HTTP as no client sends it: smuggling, broken framing, slow senders, crowds. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { exchange, open, statuses } from './testing/raw.ts';
import { eventually, type Running, running } from './testing/running.ts';

let one: Running;
let head: string;
beforeAll(async () => {
  one = await running({ limits: { connections: 40 } });
  head = `Host: localhost\r\nAuthorization: Bearer ${one.apiKey}\r\n`;
});
afterAll(() => one.clear());

const body = '{"action":"ok.read"}';
const SMUGGLED = 'GET /v1/sessions/current HTTP/1.1\r\nHost: localhost\r\n\r\n';

describe('framing that two readers could read differently', () => {
  test.each([
    ['two lengths', `Content-Length: 20\r\nContent-Length: 21\r\n\r\n${body}`],
    [
      'a length and chunks',
      `Content-Length: 20\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${SMUGGLED}`,
    ],
    [
      'chunks and a length',
      `Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n${SMUGGLED}`,
    ],
    ['an unknown encoding', `Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`],
    ['chunked not last', `Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n${SMUGGLED}`],
    ['a signed length', `Content-Length: +20\r\n\r\n${body}`],
    ['a negative length', `Content-Length: -1\r\n\r\n${body}`],
    ['a hexadecimal length', `Content-Length: 0x14\r\n\r\n${body}`],
    ['a list of lengths', `Content-Length: 20, 20\r\n\r\n${body}`],
    ['a space before the colon', `Content-Length : 20\r\n\r\n${body}`],
    ['a folded header', `X-A: 1\r\n Content-Length: 20\r\nContent-Length: 20\r\n\r\n${body}`],
    ['a bare line feed', `X-A: 1\nContent-Length: 20\r\n\r\n${body}`],
    ['a bare carriage return', `X-A: 1\rX-B: 2\r\nContent-Length: 20\r\n\r\n${body}`],
    ['a NUL in a value', `X-A: a\0b\r\nContent-Length: 20\r\n\r\n${body}`],
    ['a bad chunk size', `Transfer-Encoding: chunked\r\n\r\nzz\r\n${body}\r\n0\r\n\r\n`],
    [
      'a chunk size that overflows',
      `Transfer-Encoding: chunked\r\n\r\nffffffffffffffff1\r\n${body}`,
    ],
  ])('%s: at most one answer, never 200', async (_, rest) => {
    const got = statuses(
      await exchange(
        one.url,
        `POST /v1/submit HTTP/1.1\r\n${head}Content-Type: application/json\r\n${rest}`,
      ),
    );
    expect(got.length).toBeLessThanOrEqual(1);
    expect(got).not.toContain(200);
  });

  test.each([
    ['two hosts', `Host: localhost\r\nHost: evil.example\r\n`, 421],
    ['no host', '', 400],
    [
      'two credentials',
      `${'Host: localhost\r\n'}Authorization: Bearer a\r\nAuthorization: Bearer b\r\n`,
      421,
    ],
  ])('%s', async (_, headers, status) => {
    expect(statuses(await exchange(one.url, `GET /v1/status HTTP/1.1\r\n${headers}\r\n`))).toEqual([
      status,
    ]);
  });

  test.each([
    ['an absolute target', 'GET http://localhost/healthz HTTP/1.1', 421],
    ['an absolute target of another', 'GET http://evil.example/healthz HTTP/1.1', 421],
    ['a backslash', 'GET /v1\\submit HTTP/1.1', 400],
    ['no slash', 'GET healthz HTTP/1.1', 400],
    ['a star', 'OPTIONS * HTTP/1.1', 400],
    ['another protocol', 'GET /healthz HTTP/3.0', 400],
    ['no protocol', 'GET /healthz', 400],
    ['an unknown method', 'BREW /healthz HTTP/1.1', 400],
    ['a known method that no route takes', 'PROPFIND /healthz HTTP/1.1', 405],
    ['TRACE', 'TRACE /healthz HTTP/1.1', 405],
    ['TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400],
  ])('%s is refused', async (_, line, status) => {
    const got = statuses(
      await exchange(one.url, Buffer.from(`${line}\r\nHost: localhost\r\n\r\n`, 'latin1')),
    );
    expect(got.slice(0, 1)).toEqual([status]);
    expect(got).not.toContain(200);
  });

  test('CONNECT and Upgrade lead nowhere', async () => {
    expect(
      statuses(await exchange(one.url, 'CONNECT localhost:80 HTTP/1.1\r\nHost: localhost\r\n\r\n')),
    ).not.toContain(200);
    const upgrade = `GET /v1/events HTTP/1.1\r\n${head}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`;
    expect(statuses(await exchange(one.url, upgrade))).not.toContain(101);
  });

  test('path tricks reach no other route', async () => {
    for (const path of [
      '/v1/../v1/status',
      '/v1/%2e%2e/v1/status',
      '/./v1/status',
      '//v1/status',
      '/v1/status%00',
      '/v1%2fstatus',
      '/v1/status/.',
      '/v1/status;x',
    ]) {
      const got = await exchange(one.url, `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
      expect([path, statuses(got)[0]]).not.toEqual([path, 200]);
      expect(got).not.toContain('"sandbox"');
    }
  });

  test('pipelined requests are answered in order, each on its own', async () => {
    const one20 = `POST /v1/decide HTTP/1.1\r\n${head}Content-Type: application/json\r\nContent-Length: 20\r\n\r\n${body}`;
    const got = await exchange(one.url, one20 + SMUGGLED + one20);
    expect(statuses(got)).toEqual([200, 401, 200]);
  });
});

describe('size of headers', () => {
  test('too many bytes are 431, and the connection ends', async () => {
    const got = await exchange(
      one.url,
      `GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-A: ${'a'.repeat(64 * 1024)}\r\n\r\n`,
    );
    expect(statuses(got)).toEqual([431]);
    expect(got).toContain('application/problem+json');
  });

  test('headers without end are cut off', async () => {
    const got = await exchange(
      one.url,
      `GET /healthz HTTP/1.1\r\nHost: localhost\r\n${'X-A: b\r\n'.repeat(20_000)}`,
    );
    expect(statuses(got)[0]).toBe(431);
  });
});

describe('slow senders', () => {
  let hasty: Running;
  beforeAll(async () => {
    hasty = await running({ limits: { headersTimeout: 300, requestTimeout: 600 } });
  });
  afterAll(() => hasty.clear());

  test('headers that never end', async () => {
    const got = await exchange(hasty.url, 'GET /healthz HTTP/1.1\r\nHost: local', 3000);
    expect(statuses(got)).toEqual([408]);
  });

  test('a body that never ends', async () => {
    const got = await exchange(
      hasty.url,
      `POST /v1/submit HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${hasty.apiKey}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{`,
      3000,
    );
    expect(statuses(got)).toEqual([408]);
  });

  test('a connection that says nothing', async () => {
    const socket = open(hasty.url).resume();
    await new Promise((resolve) => socket.once('close', resolve));
  });

  test('a stranger is not read from: the answer comes before the body', async () => {
    const got = await exchange(
      one.url,
      'POST /v1/submit HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n',
    );
    expect(statuses(got)[0]).toBe(401);
  });
});

describe('crowds', () => {
  const crowd: ReturnType<typeof open>[] = [];
  const closers: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const socket of crowd.splice(0)) socket.destroy();
    for (const close of closers.splice(0)) await close();
  });

  const slow = ({ url, apiKey }: Running): void => {
    const socket = open(url);
    socket.write(
      `POST /v1/submit HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${apiKey}\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{`,
    );
    crowd.push(socket);
  };

  test('requests that never end lock out neither whoever may stop them nor, for long, the others', async () => {
    const patient = await running({ limits: { connections: 40 } });
    closers.push(() => patient.clear());
    for (let i = 0; i < 60; i++) slow(patient);
    const freeze = (on: boolean) =>
      patient.ask('POST', '/v1/freeze', {
        key: patient.adminKey,
        json: { on, reason: 'a crowd' },
      });
    expect((await freeze(true)).status).toBe(200);
    expect((await freeze(false)).status).toBe(200);
    const decide = () =>
      patient.ask('POST', '/v1/decide', { json: { action: 'ok.x', execution: 'none' } });
    expect([200, 429]).toContain((await decide()).status);
    await eventually(async () => (await decide()).status === 200);
    for (let i = 0; i < 20; i++) expect((await decide()).status).toBe(200);
  });

  test('answers that nobody reads lock nobody out', async () => {
    const deaf = await running({
      limits: { connections: 8 },
      policy: `version: 1\nrules: [{name: all, effect: permit}]\n# ${'x'.repeat(7_900_000)}`,
    });
    closers.push(() => deaf.clear());
    const key = deaf.keyWith(['journal']);
    const policy = deaf.keyWith(['policy']);
    for (let i = 0; i < 8; i++) {
      const socket = open(deaf.url).pause();
      socket.write(
        `GET /v1/policy HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${policy}\r\n\r\n`,
      );
      crowd.push(socket);
    }
    const status = () =>
      deaf.ask('GET', '/v1/status', { key, headers: { connection: 'close' } }).then(
        (answer) => answer.status,
        () => 0,
      );
    await eventually(async () => (await status()) === 200);
    for (let i = 0; i < 5; i++) expect(await status()).toBe(200);
  });

  test('a key that has as many calls under way as it may leaves places for others', async () => {
    const end = Promise.withResolvers<{ data: null; labels: [] }>();
    const slowly = await running({
      limits: { connections: 40 },
      policy: { version: 1, rules: [{ name: 'all', effect: 'permit' }] },
      providers: [
        {
          family: 'slow',
          actions: [{ name: 'slow.do', resource: 'other', params: {}, effect: 'read' }],
          execute: () => end.promise,
        },
      ],
    });
    closers.push(() => slowly.clear());
    const key = slowly.keyWith(['submit']);
    const status = async (stream: boolean) => {
      const asked = { key, json: { action: 'slow.do', stream } };
      return (await slowly.ask('POST', '/v1/submit', asked)).status;
    };
    const asked = Array.from({ length: 40 }, (_, at) => status(at % 2 === 0));
    expect(await Promise.race(asked)).toBe(429);
    const others = slowly.keyWith(['decide']);
    const decide = { key: others, json: { action: 'fast', execution: 'none' } };
    for (let i = 0; i < 5; i++)
      expect((await slowly.ask('POST', '/v1/decide', decide)).status).toBe(200);
    end.resolve({ data: null, labels: [] });
    const all = await Promise.all(asked);
    expect(all.filter((one) => one === 200).length).toBe(31);
    expect(await status(false)).toBe(200);
  });

  test('connections opened and left lock nobody out and are bounded', async () => {
    for (let i = 0; i < 400; i++) crowd.push(open(one.url));
    for (let i = 0; i < 20; i++) expect((await one.ask('GET', '/v1/status')).status).toBe(200);
    const metrics = one.keyWith(['metrics']);
    const { text } = await one.ask('GET', '/metrics', { key: metrics });
    expect(Number(/^portcullis_connections (\d+)$/m.exec(text)?.[1])).toBeLessThanOrEqual(45);
    await eventually(
      () =>
        crowd.filter((socket) => socket.destroyed || socket.readyState === 'closed').length >= 350,
    );
  });
});
