// What the client promises of its own: where it connects, what it refuses to send, how it keeps connections and follows events.
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { type ConnectOptions, connect } from './index.ts';
import { closeAll, failure, http, RESULT, read, serve } from './testing/raw-server.ts';

afterEach(closeAll);

describe('connecting', () => {
  test('nobody there is unavailable, and no time is waited out', async () => {
    const error = await failure(connect({ url: 'http://127.0.0.1:1', apiKey: 'k' }));
    expect([error.code, error.status, error.retry]).toEqual(['unavailable', 503, 'later']);
    expect((await failure(connect({ socketPath: '/nonexistent/s' }))).code).toBe('unavailable');
    const byFetch = connect({ url: 'http://127.0.0.1:9', apiKey: 'k', fetch: globalThis.fetch });
    expect((await failure(byFetch)).code).toBe('unavailable');
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

  test('who has no key is told where it was looked for', async () => {
    const problem = { title: 'no', status: 401, code: 'unauthenticated', retry: 'after_change' };
    const server = createServer((_, answer) => {
      answer.writeHead(401, { 'Content-Type': 'application/problem+json' });
      answer.end(JSON.stringify({ type: 'urn:portcullis:code:unauthenticated', ...problem }));
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    vi.stubEnv('PORTCULLIS_DATA_DIR', '/nonexistent');
    vi.stubEnv('PORTCULLIS_API_KEY', undefined);
    try {
      const error = await failure(connect({ url }));
      expect([error.code, error.status]).toEqual(['unauthenticated', 401]);
      expect(error.message).toContain('PORTCULLIS_API_KEY');
      const wrong = await failure(connect({ url, apiKey: 'k' }));
      expect([wrong.code, wrong.message]).toEqual(['unauthenticated', 'no']);
    } finally {
      vi.unstubAllEnvs();
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    }
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
