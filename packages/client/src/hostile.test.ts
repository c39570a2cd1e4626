// A server that means harm, or is broken: whatever it sends, a verb ends in bounded time with a value of the right
// shape or a PortcullisError. Real sockets, raw bytes.
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Kernel } from '@portcullis/wire';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { type ConnectOptions, connect, PortcullisError } from './index.ts';

const STATUS = {
  version: '0.1.0',
  api: 'v1',
  features: [],
  mode: 'enforce',
  frozen: false,
  policy: { digest: 'd', rules: 0, source: 'code' },
  sandbox: 'required',
  durability: 'os',
  journal: { seq: 1, writable: true, id: 'j' },
  sessions: 0,
  held: 0,
  unknown: 0,
  limits: [],
};
const RESULT = {
  action: { name: 'fs.read', resource: { kind: 'fs', value: '/a' }, params: {} },
  decision: { id: 'a', effect: 'deny', code: 'no_matching_rule', reason: 'nothing permits this' },
  session: 's',
  mode: 'enforce',
  outcome: { status: 'not_executed', duration_ms: 0 },
  record: { seq: 1, hash: 'h' },
};

const http = (body: string, head = 'HTTP/1.1 200 OK\r\ncontent-type: application/json') =>
  `${head}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

type Reply = (socket: Socket, request: string) => void;
const open: { server?: Server; kernels: Kernel[]; sockets: Set<Socket>; dirs: string[] } = {
  kernels: [],
  sockets: new Set(),
  dirs: [],
};

/** Answers `/v1/status` well, and everything else as told. */
async function serve(reply: Reply, options: ConnectOptions = {}, unix = false): Promise<Kernel> {
  const server = createServer((socket) => {
    open.sockets.add(socket);
    socket.on('error', () => {});
    socket.on('data', (data) => {
      const request = data.toString();
      if (!/^[A-Z]+ \//.test(request)) return;
      if (request.includes(' /v1/status')) socket.write(http(JSON.stringify(STATUS)));
      else reply(socket, request);
    });
  });
  open.server = server;
  if (unix) {
    const dir = mkdtempSync(join(tmpdir(), 'client-'));
    open.dirs.push(dir);
    await new Promise<void>((done) => server.listen(join(dir, 's'), done));
    const kernel = await connect({ socketPath: join(dir, 's'), timeout: 2_000, ...options });
    open.kernels.push(kernel);
    return kernel;
  }
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as { port: number };
  const kernel = await connect({
    url: `http://127.0.0.1:${port}`,
    apiKey: 'k',
    timeout: 2_000,
    ...options,
  });
  open.kernels.push(kernel);
  return kernel;
}

afterEach(async () => {
  for (const kernel of open.kernels.splice(0)) await kernel.close();
  for (const socket of open.sockets) socket.destroy();
  open.sockets.clear();
  await new Promise<void>((done) => (open.server ? open.server.close(() => done()) : done()));
  for (const dir of open.dirs.splice(0)) rmSync(dir, { recursive: true });
});

const failure = async (work: Promise<unknown>): Promise<PortcullisError> => {
  const error = await work.then(
    (value) => new Error(`answered ${JSON.stringify(value)}`),
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(PortcullisError);
  return error as PortcullisError;
};
const read = { action: 'fs.read', resource: 'a' } as const;

for (const [way, options, unix] of [
  ['node:http', {}, false],
  ['unix socket', {}, true],
  ['fetch', { fetch: globalThis.fetch }, false],
] as [string, ConnectOptions, boolean][]) {
  describe(`over ${way}`, () => {
    test('a good answer is the value', async () => {
      const kernel = await serve((s) => s.write(http(JSON.stringify(RESULT))), options, unix);
      expect(await kernel.submit(read)).toEqual(RESULT);
    });

    const bodies: [string, string][] = [
      ['no JSON', '<html>'],
      ['nothing', ''],
      ['null', 'null'],
      ['a list', '[]'],
      ['a text', '"permit"'],
      ['cut JSON', JSON.stringify(RESULT).slice(0, -3)],
      ['nesting that would exhaust a stack', `{"decision":${'['.repeat(500_000)}`],
      ['an unknown effect', JSON.stringify(RESULT).replace('"deny"', '"allow"')],
      ['an effect of the wrong type', JSON.stringify(RESULT).replace('"deny"', 'true')],
      ['a missing decision', JSON.stringify({ ...RESULT, decision: undefined })],
      ['a decision behind __proto__', `{"__proto__":${JSON.stringify(RESULT)}}`],
      [
        'a record seq that is a text',
        JSON.stringify({ ...RESULT, record: { seq: '1', hash: 'h' } }),
      ],
      ['an unknown outcome status', JSON.stringify(RESULT).replace('not_executed', 'done')],
    ];
    test.each(bodies)('%s is bad_response', async (_name, body) => {
      const kernel = await serve((s) => s.write(http(body)), options, unix);
      expect((await failure(kernel.submit(read))).code).toBe('bad_response');
    });

    test('a huge answer is cut off at the bound, not read to its end', async () => {
      let sent = 0;
      const kernel = await serve(
        (socket) => {
          socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n');
          const chunk = `10000\r\n${' '.repeat(65_536)}\r\n`;
          const more = () => {
            while (!socket.destroyed && socket.write(chunk)) sent += 65_536;
          };
          socket.on('drain', more);
          more();
        },
        { ...options, maxResponseBytes: 1 << 20 },
        unix,
      );
      expect((await failure(kernel.submit(read))).code).toBe('bad_response');
      expect(sent).toBeLessThan(64 << 20);
    });

    test('an answer cut in its middle is unavailable, and not to be asked again', async () => {
      const kernel = await serve(
        (socket) => {
          socket.write('HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{"decision":');
          setImmediate(() => socket.destroy());
        },
        options,
        unix,
      );
      const error = await failure(kernel.submit(read));
      expect([error.code, error.retry]).toEqual(['unavailable', 'never']);
      expect((await failure(kernel.policy())).retry).toBe('later');
    });

    test('silence ends with the timeout; a trickle too', async () => {
      const kernel = await serve(
        (socket, request) => {
          if (request.includes('submit')) return;
          socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n');
          const timer = setInterval(() => socket.write(' '), 20);
          socket.on('close', () => clearInterval(timer));
        },
        { ...options, timeout: 200 },
        unix,
      );
      expect((await failure(kernel.submit(read))).code).toBe('timeout');
      expect((await failure(kernel.policy())).code).toBe('timeout');
    });

    test('bytes that are no HTTP', async () => {
      const kernel = await serve((socket) => socket.end('\0\0\0 nonsense \r\n\r\n'), options, unix);
      expect((await failure(kernel.submit(read))).code).toBe('unavailable');
    });

    test('a redirect is not followed, so the key goes nowhere', async () => {
      let second = 0;
      const kernel = await serve(
        (socket, request) => {
          if (request.includes('/stolen')) second++;
          const head = 'HTTP/1.1 307 Temporary Redirect\r\nlocation: /stolen';
          socket.write(http('', head));
        },
        options,
        unix,
      );
      await failure(kernel.submit(read));
      expect(second).toBe(0);
    });

    test('a problem is thrown with its code, status, retry and record', async () => {
      const problem = {
        type: 'about:blank',
        title: 't',
        status: 404,
        detail: 'none such',
        code: 'not_found',
        retry: 'after_change',
        record: { seq: 7, hash: 'h' },
      };
      const head = 'HTTP/1.1 404 Not Found\r\ncontent-type: application/problem+json';
      const kernel = await serve(
        (s) => s.write(http(JSON.stringify(problem), head)),
        options,
        unix,
      );
      const error = await failure(kernel.explain('x'));
      expect(error).toMatchObject({
        code: 'not_found',
        status: 404,
        retry: 'after_change',
        message: 'none such',
        record: { seq: 7, hash: 'h' },
        problem,
      });
    });

    test('a refusal at admission is the value that the problem carries; never a permit', async () => {
      const answer = (effect: string) => ({
        type: 'about:blank',
        title: 't',
        status: 400,
        code: 'too_deep',
        retry: 'after_change',
        result: { ...RESULT, decision: { ...RESULT.decision, effect, code: 'too_deep' } },
      });
      const head = 'HTTP/1.1 400 Bad Request';
      const kernel = await serve(
        (socket, request) =>
          socket.write(
            http(JSON.stringify(answer(request.includes('decide') ? 'permit' : 'deny')), head),
          ),
        options,
        unix,
      );
      expect((await kernel.submit(read)).decision.code).toBe('too_deep');
      expect((await failure(kernel.decide(read))).code).toBe('bad_response');
    });

    test('an error without a problem document is bad_response', async () => {
      const head = 'HTTP/1.1 502 Bad Gateway\r\ncontent-type: text/html';
      const kernel = await serve((s) => s.write(http('<h1>bad</h1>', head)), options, unix);
      expect((await failure(kernel.submit(read))).code).toBe('bad_response');
    });

    test('an answer about something else is noticed', async () => {
      const explanation = {
        id: 'other',
        view: 'requester',
        action: 'fs.read',
        principal: 'p',
        at: 'now',
        effect: 'permit',
        code: 'permitted',
        reason: 'r',
      };
      const kernel = await serve(
        (s, request) =>
          s.write(http(request.includes('explain') ? JSON.stringify(explanation) : '[]')),
        options,
        unix,
      );
      expect((await failure(kernel.explain('mine'))).code).toBe('bad_response');
      expect((await failure(kernel.decideBatch([read]))).code).toBe('bad_response');
    });

    test('close ends what is under way and refuses what comes after', async () => {
      const kernel = await serve(() => {}, options, unix);
      const pending = failure(kernel.submit(read));
      await kernel.close();
      expect((await pending).code).toBe('unavailable');
      expect((await failure(kernel.submit(read))).code).toBe('unavailable');
    });
  });
}

test('any mutation of a good answer is a result or a PortcullisError', async () => {
  const good = JSON.stringify(RESULT);
  let body = good;
  const kernel = await serve((s) => s.write(http(body)));
  await fc.assert(
    fc.asyncProperty(
      fc.nat(good.length),
      fc.nat(20),
      fc.string({ maxLength: 10 }),
      async (at, length, put) => {
        body = good.slice(0, at) + put + good.slice(at + length);
        try {
          const result = await kernel.submit(read);
          expect(['permit', 'modify', 'require_approval', 'defer', 'deny']).toContain(
            result.decision.effect,
          );
        } catch (error) {
          expect(error).toBeInstanceOf(PortcullisError);
        }
      },
    ),
    { numRuns: 200 },
  );
});

describe('connecting', () => {
  test('nobody there is unavailable at once', async () => {
    const started = Date.now();
    const error = await failure(connect({ url: 'http://127.0.0.1:1', apiKey: 'k' }));
    expect([error.code, error.status, error.retry]).toEqual(['unavailable', 503, 'later']);
    expect((await failure(connect({ socketPath: '/nonexistent/s' }))).code).toBe('unavailable');
    const byFetch = connect({ url: 'http://127.0.0.1:9', apiKey: 'k', fetch: globalThis.fetch });
    expect((await failure(byFetch)).code).toBe('unavailable');
    expect(Date.now() - started).toBeLessThan(2_000);
  });

  test('options that cannot be meant are refused', async () => {
    const bad: ConnectOptions[] = [
      { url: 'ftp://x' },
      { url: 'nonsense' },
      { url: 'http://user:pw@127.0.0.1' },
      { url: 'http://127.0.0.1/?q' },
      { url: 'http://portcullis.example' },
      { url: 'http://127.0.0.1', apiKey: 'a\r\nx: y' },
      { url: 'http://127.0.0.1', timeout: 0 },
      { url: 'http://127.0.0.1', timeout: Number.NaN },
      { url: 'http://127.0.0.1', maxResponseBytes: -1 },
      { socketPath: '/s', fetch: globalThis.fetch },
    ];
    for (const options of bad) await expect(connect(options)).rejects.toThrow(TypeError);
  });

  test('an aborted signal closes the client', async () => {
    const control = new AbortController();
    const kernel = await serve(() => {}, { signal: control.signal });
    const pending = failure(kernel.submit(read));
    control.abort();
    expect((await pending).code).toBe('unavailable');
  });
});

describe('requests', () => {
  test('what JSON would change in silence is refused, and nothing is sent', async () => {
    let asked = 0;
    const kernel = await serve((s) => {
      asked++;
      s.write(http(JSON.stringify(RESULT)));
    });
    const cyclic: Record<string, unknown> = {};
    cyclic.self = cyclic;
    const bad: [unknown, string][] = [
      [Number.NaN, 'inexact_number'],
      [Number.POSITIVE_INFINITY, 'inexact_number'],
      [1n, 'malformed_request'],
      [() => 1, 'malformed_request'],
      [Symbol('x'), 'malformed_request'],
      [new Map(), 'malformed_request'],
      [new Date(0), 'malformed_request'],
      [Buffer.from('x'), 'malformed_request'],
      [[undefined], 'malformed_request'],
      [cyclic, 'too_deep'],
    ];
    for (const [value, code] of bad) {
      const request = { action: 'a', params: { value } } as never;
      expect((await failure(kernel.submit(request))).code).toBe(code);
    }
    expect((await failure(kernel.submit(undefined as never))).code).toBe('malformed_request');
    expect(asked).toBe(0);
  });

  test('an id stays in its path segment', async () => {
    const paths: string[] = [];
    const kernel = await serve((s, request) => {
      paths.push(request.split(' ')[1] as string);
      s.write(http('{}', 'HTTP/1.1 404 Not Found'));
    });
    for (const id of ['../policy', 'a/b', '..', 'a?b#c', 'a b', '\ud800', ''])
      await failure(kernel.explain(id));
    for (const path of paths) expect(path).toMatch(/^\/v1\/explain\/[^/?# ]+$/);
    expect(paths).not.toContain('/v1/explain/..');
  });

  test('one connection serves many calls in turn', async () => {
    const seen = new Set<Socket>();
    const kernel = await serve((socket) => {
      seen.add(socket);
      socket.write(http(JSON.stringify(RESULT)));
    });
    for (let i = 0; i < 20; i++) await kernel.submit(read);
    expect(seen.size).toBe(1);
  });

  test('a read is asked again on a fresh connection when a kept one was gone; a submit is not', async () => {
    let drop = true;
    const asked: string[] = [];
    const kernel = await serve((socket, request) => {
      asked.push(request.split(' ')[1] as string);
      if (drop) {
        drop = false;
        socket.resetAndDestroy();
      } else socket.write(http(JSON.stringify({ digest: 'd', source: 'code', layers: [] })));
    });
    expect((await kernel.policy()).digest).toBe('d');
    drop = true;
    expect((await failure(kernel.submit(read))).retry).toBe('never');
    expect(asked).toEqual(['/v1/policy', '/v1/policy', '/v1/submit']);
  });
});

describe('events', () => {
  const head = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n';
  const event = (seq: number) => `id: ${seq}\ndata: {"seq":${seq},"type":"decision","at":"t"}\n\n`;

  test('each once and in order, across a dropped connection and repeats', async () => {
    const asked: string[] = [];
    const kernel = await serve((socket, request) => {
      asked.push(request.split(' ')[1] as string);
      if (asked.length === 1) socket.end(`${head}:hello\n\n${event(1)}${event(2)}data: {"se`);
      else socket.end(head + event(2) + event(3));
    });
    const seen: number[] = [];
    for await (const { seq } of kernel.events({ after: 0 })) {
      seen.push(seq);
      if (seq === 3) break;
    }
    expect(seen).toEqual([1, 2, 3]);
    expect(asked).toEqual(['/v1/events?after=0', '/v1/events?after=2']);
  });

  test('the signal ends the iteration without an error', async () => {
    const control = new AbortController();
    const kernel = await serve((socket) => socket.write(head + event(1)));
    const seen: number[] = [];
    for await (const { seq } of kernel.events({ signal: control.signal })) {
      seen.push(seq);
      control.abort();
    }
    expect(seen).toEqual([1]);
  });

  test.each([
    ['no JSON', `${head}data: nope\n\n`],
    ['wrong types', `${head}data: {"seq":"1"}\n\n`],
    ['a line without an end', `${head}data: ${'x'.repeat(2 << 20)}`],
    ['lines without an end', head + `data: ${'x'.repeat(999)}\n`.repeat(2000)],
  ])('%s is bad_response', async (_name, bytes) => {
    const kernel = await serve((socket) => socket.write(bytes));
    const take = (async () => {
      for await (const _ of kernel.events()) void _;
    })();
    expect((await failure(take)).code).toBe('bad_response');
  });

  test('refused and unreachable are errors from the first', async () => {
    const problem = {
      type: 'a',
      title: 't',
      status: 403,
      code: 'forbidden',
      retry: 'after_change',
    };
    const kernel = await serve((s) =>
      s.write(http(JSON.stringify(problem), 'HTTP/1.1 403 Forbidden')),
    );
    const take = (async () => {
      for await (const _ of kernel.events()) void _;
    })();
    expect((await failure(take)).code).toBe('forbidden');
  });
});
