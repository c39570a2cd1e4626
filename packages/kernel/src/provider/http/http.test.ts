import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { isOutputData } from '../../gate/output.ts';
import { eventually } from '../../testing/eventually.ts';
import { failure, run } from '../testing/kit.ts';
import type { Provider } from '../types.ts';
import type { Dial } from './connector.ts';
import { createHttpProvider, type HttpProviderOptions } from './index.ts';

const open: { close(): void }[] = [];
afterEach(() => {
  for (const thing of open.splice(0)) thing.close();
});

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  open.push({
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function site(
  answer: RequestListener,
  options: HttpProviderOptions = {},
): Promise<{ base: string; host: string; http: Provider; seen: string[] }> {
  const seen: string[] = [];
  const host = await listen(
    createServer((request, response) => {
      seen.push(`${request.method} ${request.url}`);
      answer(request, response);
    }),
  );
  const http = createHttpProvider({ privateHosts: [host], ...options });
  return { base: `http://${host}`, host, http, seen };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += chunk;
  return text;
}

describe('an exchange', () => {
  it('gives status, headers and body, with its label', async () => {
    const { http, base, host, seen } = await site((_, response) => {
      response.setHeader('x-answer', 'yes');
      response.end('héllo');
    });
    const output = await run(http, 'http.get', `${base}/a/b`, { query: 'x=1&y=%20' });
    expect(output.data).toMatchObject({
      status: 200,
      url: `${base}/a/b?x=1&y=%20`,
      body: 'héllo',
      truncated: false,
      headers: { 'x-answer': 'yes' },
    });
    expect(output.labels).toEqual([
      { source: 'http', origin: host, integrity: 'untrusted', confidentiality: 'private' },
    ]);
    expect(seen).toEqual(['GET /a/b?x=1&y=%20']);
  });

  it('takes any name of a header for a name', async () => {
    const server = createTcpServer((socket) => {
      socket
        .on('error', () => {})
        .once('data', () => {
          socket.end(
            'HTTP/1.1 200 OK\r\n__proto__: a\r\n__proto__: b\r\nconstructor: c\r\ncontent-length: 2\r\n\r\nok',
          );
        });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    open.push(server);
    const { port } = server.address() as AddressInfo;
    const http = createHttpProvider({ privateHosts: [`127.0.0.1:${port}`] });
    const { data } = await run(http, 'http.get', `http://127.0.0.1:${port}/`);
    const { headers } = data as { headers: Record<string, unknown> };
    expect(Object.entries(headers)).toContainEqual(['__proto__', ['a', 'b']]);
    expect(Object.entries(headers)).toContainEqual(['constructor', 'c']);
    expect(isOutputData(data)).toBe(true);
  });

  it('sends each method as itself, with bodies where they have a meaning', async () => {
    const { http, base } = await site(async (request, response) => {
      const text = await bodyOf(request);
      response.end(`${request.method} ${request.headers['content-type'] ?? '-'} ${text}`);
    });
    const text = async (name: string, params = {}) =>
      ((await run(http, name, `${base}/`, params)).data as { body: string }).body;
    expect(await text('http.post', { body: { a: [1, null] } })).toBe(
      'POST application/json {"a":[1,null]}',
    );
    expect(await text('http.put', { body: 'é' })).toBe('PUT text/plain; charset=utf-8 é');
    expect(
      await text('http.patch', {
        body: '{}',
        headers: { 'Content-Type': 'application/merge-patch+json' },
      }),
    ).toBe('PATCH application/merge-patch+json {}');
    expect(await text('http.delete')).toBe('DELETE - ');
    expect(await text('http.options')).toBe('OPTIONS - ');
    expect(await text('http.head')).toBe('');
    for (const name of ['http.get', 'http.head', 'http.options', 'http.delete']) {
      expect(await failure(http, name, `${base}/`, { body: 'x' })).toMatchObject({
        code: 'invalid_params',
        effect: 'none',
      });
    }
  });

  it('follows no redirect, and says where it leads', async () => {
    const { http, base, seen } = await site((_, response) => {
      response.writeHead(302, { location: '/next' }).end();
    });
    const { data } = await run(http, 'http.get', `${base}/`);
    expect(data).toMatchObject({ status: 302, redirect: `${base}/next` });
    expect(seen).toEqual(['GET /']);
  });

  it('gives bytes that are not UTF-8 as base64', async () => {
    const { http, base } = await site((_, response) => response.end(Buffer.from([0xff, 0xfe])));
    expect((await run(http, 'http.get', `${base}/`)).data).toMatchObject({ body_base64: '//4=' });
  });

  it('asks no proxy, whatever the environment says', async () => {
    const { http, base } = await site((_, response) => response.end('direct'));
    process.env.http_proxy = process.env.HTTP_PROXY = 'http://127.0.0.1:1';
    try {
      expect((await run(http, 'http.get', `${base}/`)).data).toMatchObject({ body: 'direct' });
    } finally {
      delete process.env.http_proxy;
      delete process.env.HTTP_PROXY;
    }
  });

  it('speaks TLS to the name of the URL, and trusts only who it should', async () => {
    const { key, cert } = SELF_SIGNED;
    const host = await listen(createTlsServer({ key, cert }, (_, response) => response.end('tls')));
    const port = host.split(':')[1];
    const resolve = async () => ['127.0.0.1'];
    const privateHosts = ['box.test', 'other.test'];
    const trusting = createHttpProvider({ privateHosts, resolve, ca: cert });
    expect((await run(trusting, 'http.get', `https://box.test:${port}/`)).data).toMatchObject({
      body: 'tls',
    });
    expect(await failure(trusting, 'http.post', `https://other.test:${port}/`)).toMatchObject({
      code: 'provider_error',
      effect: 'none',
    });
    const wary = createHttpProvider({ privateHosts, resolve });
    expect((await failure(wary, 'http.get', `https://box.test:${port}/`)).message).toContain('TLS');
  });
});

describe('addresses', () => {
  /** Records what would have been connected to, and connects to nothing. */
  function recorder(): { dial: Dial; dialed: string[] } {
    const dialed: string[] = [];
    const dial: Dial = (options, callback) => {
      dialed.push(`${options.hostname} for ${options.servername}`);
      callback(Object.assign(new Error('recorded'), { code: 'ECONNREFUSED' }), null);
    };
    return { dial, dialed };
  }

  it('connects to no literal address that is not public', async () => {
    const { dial, dialed } = recorder();
    const http = createHttpProvider({ dial });
    for (const host of [
      '127.0.0.1',
      '10.0.0.1',
      '169.254.169.254',
      '[::1]',
      '[::ffff:7f00:1]',
      '[fd00::1]',
      '0.0.0.0',
      '[64:ff9b::a9fe:a9fe]',
      '100.100.100.200',
    ]) {
      expect(await failure(http, 'http.post', `http://${host}/`), host).toMatchObject({
        code: 'provider_refused',
        effect: 'none',
      });
    }
    expect(dialed).toEqual([]);
    expect(await failure(http, 'http.get', 'https://1.1.1.1/')).toMatchObject({
      code: 'provider_error',
    });
    expect(dialed).toEqual(['1.1.1.1 for ']);
  });

  it('reads no address in another notation than the one that was judged', async () => {
    const { dial, dialed } = recorder();
    const http = createHttpProvider({ dial });
    for (const host of [
      '2130706433',
      '0x7f.1',
      '0177.0.0.1',
      '127.1',
      'ⓛocalhost',
      '127。0。0。1',
      'EXAMPLE.com',
      '[::ffff:127.0.0.1]',
    ]) {
      expect(await failure(http, 'http.get', `http://${host}/`), host).toMatchObject({
        code: 'invalid_resource',
      });
    }
    expect(dialed).toEqual([]);
  });

  it('resolves once, checks every address, connects to one that was checked', async () => {
    const { dial, dialed } = recorder();
    const answers: string[][] = [['93.184.216.34'], ['127.0.0.1'], ['127.0.0.1']];
    let asked = 0;
    const resolve = async () => answers[asked++] ?? [];
    const rebinding = createHttpProvider({ dial, resolve });
    await failure(rebinding, 'http.get', 'https://rebind.test/');
    expect(asked).toBe(1);
    expect(dialed).toEqual(['93.184.216.34 for rebind.test']);

    const mixed = createHttpProvider({ dial, resolve: async () => ['93.184.216.34', '10.0.0.1'] });
    expect(await failure(mixed, 'http.get', 'https://mixed.test/')).toMatchObject({
      code: 'provider_refused',
    });
    const scoped = createHttpProvider({ dial, resolve: async () => ['fe80::1%lo'] });
    expect(await failure(scoped, 'http.get', 'https://scoped.test/')).toMatchObject({
      code: 'provider_refused',
    });
    expect(dialed).toHaveLength(1);

    const many = createHttpProvider({ dial, resolve: async () => ['1.1.1.1', '2606:4700::1111'] });
    expect(await failure(many, 'http.put', 'https://many.test/')).toMatchObject({ effect: 'none' });
    expect(dialed.slice(1)).toEqual(['1.1.1.1 for many.test', '2606:4700::1111 for many.test']);
  });

  it('refuses localhost by the system resolver', async () => {
    const { dial, dialed } = recorder();
    const http = createHttpProvider({ dial });
    expect(await failure(http, 'http.get', 'http://localhost/')).toMatchObject({
      code: 'provider_refused',
    });
    expect(dialed).toEqual([]);
  });

  it('lifts the check for exactly the hosts that are configured', async () => {
    const { dial, dialed } = recorder();
    const http = createHttpProvider({
      dial,
      privateHosts: ['10.0.0.1:8080', 'INTRA.test', '::1', '[fd00::1]:81'],
      resolve: async () => ['10.9.9.9'],
    });
    for (const host of [
      '10.0.0.1:8080',
      'intra.test',
      'intra.test:99',
      '[::1]:3',
      '[fd00::1]:81',
    ]) {
      expect(await failure(http, 'http.get', `http://${host}/`), host).toMatchObject({
        code: 'provider_error',
      });
    }
    expect(dialed).toHaveLength(5);
    for (const host of [
      '10.0.0.1',
      '10.0.0.2:8080',
      'a.intra.test',
      'intra.test.evil.test',
      '[fd00::1]',
    ]) {
      expect(await failure(http, 'http.get', `http://${host}/`), host).toMatchObject({
        code: 'provider_refused',
      });
    }
    for (const entry of ['*', '*.test', 'http://x', 'a/b', 'u@h', '', 'a b']) {
      expect(() => createHttpProvider({ privateHosts: [entry] }), entry).toThrow('privateHosts');
    }
  });
});

describe('what is refused before anything is sent', () => {
  const http = createHttpProvider({
    dial: () => {
      throw new Error('dialed');
    },
  });

  it.each([
    'https://u:p@example.com/',
    'https://u@example.com/',
    'https://example.com/#f',
    'https://example.com/?q',
    'https://example.com',
    'https://example.com/../a',
    'https://example.com:443/',
    'file:///etc/passwd',
    'data:text/plain,x',
    'ftp://example.com/',
    'ws://example.com/',
    'example.com',
    '',
    'https:///x',
    'https://@example.com/',
    'https://example.com/ a',
    'https://example.com/\r\nX: y',
    'https://example.com\\@evil.test/',
  ])('the resource %j', async (value) => {
    const error = await failure(http, 'http.get', value);
    expect(['invalid_resource', 'provider_refused']).toContain(error.code);
    expect(error.effect).toBe('none');
  });

  it.each(['a#b', 'a b', 'a\r\nb', 'é', 'a"b', '\u0000'])('the query %j', async (query) => {
    expect(await failure(http, 'http.get', 'https://example.com/', { query })).toMatchObject({
      code: 'invalid_params',
    });
  });

  it.each([
    ['Host', 'x'],
    ['CONTENT-LENGTH', '1'],
    ['Transfer-Encoding', 'chunked'],
    ['Connection', 'x'],
    ['Proxy-Authorization', 'x'],
    ['X-HTTP-Method-Override', 'DELETE'],
    ['Upgrade', 'h2c'],
    ['bad name', 'x'],
    ['', 'x'],
    ['a:b', 'x'],
    ['x', 'a\r\nb: c'],
    ['x', 'a\u0000'],
    ['x', '€'],
    ['x', 'y'.repeat(20_000)],
    ['x', 1],
  ])('the header %j: %j', async (name, value) => {
    expect(
      await failure(http, 'http.get', 'https://example.com/', { headers: { [name]: value } }),
    ).toMatchObject({ code: 'invalid_params', effect: 'none' });
  });

  it('a header that is there twice', async () => {
    const headers = { Accept: 'a', accept: 'b' };
    expect(await failure(http, 'http.get', 'https://example.com/', { headers })).toMatchObject({
      code: 'invalid_params',
    });
  });
});

describe('bounds', () => {
  it('stops at the cap, and says so', async () => {
    const { http, base } = await site(
      (_, response) => {
        const write = (): void => {
          while (response.write('é'.repeat(8_192)));
        };
        response.on('drain', write);
        write();
      },
      { maxBodyBytes: 10_001 },
    );
    const { data } = await run(http, 'http.get', `${base}/`);
    expect(data).toMatchObject({ truncated: true });
    expect((data as { body: string }).body).toBe('é'.repeat(5_000));
  });

  it.each([
    ['gzip', gzipSync],
    ['br', brotliCompressSync],
  ] as const)('bounds what %s unfolds to', async (coding, compress) => {
    const bomb = compress(Buffer.alloc(50 * 1024 * 1024));
    const { http, base } = await site(
      (request, response) => {
        response.setHeader('content-encoding', coding);
        response.end(request.url === '/bomb' ? bomb : compress('small'));
      },
      { maxBodyBytes: 100_000 },
    );
    const small = await run(http, 'http.get', `${base}/`);
    expect(small.data).toMatchObject({ body: 'small', truncated: false });
    expect(JSON.stringify(small.data)).not.toContain('content-encoding');
    const { data } = await run(http, 'http.get', `${base}/bomb`);
    expect(data).toMatchObject({ truncated: true });
    expect((data as { body: string }).body.length).toBe(100_000);
  });

  it('undoes one coding and leaves several as they came', async () => {
    const { http, base } = await site((_, response) => {
      response.setHeader('content-encoding', 'gzip, gzip');
      response.end(gzipSync(gzipSync('x')));
    });
    expect((await run(http, 'http.get', `${base}/`)).data).toMatchObject({
      body_base64: expect.any(String),
      headers: { 'content-encoding': 'gzip, gzip' },
    });
  });

  it('holds the same bytes in chunks of one byte as in large ones', async () => {
    const text = 'abc'.repeat(5_000);
    const { http, base } = await site((_, response) => {
      for (const letter of text) response.write(letter);
      response.end();
    });
    const { data } = await run(http, 'http.get', `${base}/`);
    expect(data).toMatchObject({ body: text, truncated: false });
  });

  it('has one room for the bodies of all exchanges, and gives it back', async () => {
    const stalled: ServerResponse[] = [];
    const { http, base } = await site(
      (request, response) => {
        response.write('x'.repeat(60_000));
        if (request.url === '/stall') stalled.push(response);
        else response.end();
      },
      { maxBytesUnderWay: 230_000, maxBodyBytes: 64_000 },
    );
    const held = [1, 2, 3].map(() => run(http, 'http.get', `${base}/stall`));
    await eventually(() => expect(stalled.length).toBe(3));
    await eventually(async () => {
      const error = await failure(http, 'http.get', `${base}/`);
      expect(error).toMatchObject({ code: 'provider_error', effect: 'none' });
      expect(error.message).toContain('too many large responses');
    });
    for (const response of stalled) response.end();
    for (const output of await Promise.all(held))
      expect(output.data).toMatchObject({ status: 200 });
    expect((await run(http, 'http.get', `${base}/`)).data).toMatchObject({ status: 200 });
  });

  it('says when a body is not encoded as it says', async () => {
    const { http, base } = await site((_, response) => {
      response.setHeader('content-encoding', 'gzip');
      response.end('not gzip');
    });
    expect(await failure(http, 'http.post', `${base}/`)).toMatchObject({
      code: 'provider_error',
      effect: 'possible',
    });
  });

  it('has one deadline for the whole exchange', async () => {
    const met: string[] = [];
    const { http, base } = await site((request, response) => {
      met.push(request.method ?? '');
      if (request.url === '/drip') {
        response.write('x');
        const timer = setInterval(() => response.write('x'), 20);
        response.on('close', () => clearInterval(timer));
      }
    });
    for (const path of ['/silent', '/drip']) {
      expect(await failure(http, 'http.get', base + path, { timeout_ms: 150 })).toMatchObject({
        code: 'timeout',
        effect: 'none',
      });
    }
    // Once it was sent; on a busy machine a short deadline comes before there is a connection.
    for (let time = 150; !met.includes('POST'); time *= 3) {
      const error = await failure(http, 'http.post', `${base}/silent`, { timeout_ms: time });
      expect(error).toMatchObject({
        code: 'timeout',
        ...(met.includes('POST') ? { effect: 'possible' } : {}),
      });
    }
    expect(await failure(http, 'http.get', `${base}/`, { timeout_ms: 10_000_000 })).toMatchObject({
      code: 'invalid_params',
    });
  });

  it('gives up when the resolver or the connection hangs', async () => {
    const never = () => new Promise<never>(() => undefined);
    const deaf = createHttpProvider({ resolve: never });
    expect(await failure(deaf, 'http.post', 'https://x.test/', { timeout_ms: 50 })).toMatchObject({
      code: 'timeout',
      effect: 'none',
    });
    const mute = createHttpProvider({ resolve: async () => ['1.1.1.1'], dial: () => undefined });
    expect(await failure(mute, 'http.post', 'https://x.test/', { timeout_ms: 50 })).toMatchObject({
      code: 'timeout',
      effect: 'none',
    });
  });

  it('stops when the caller goes away', async () => {
    const controller = new AbortController();
    const { http, base } = await site(() => controller.abort());
    expect(await failure(http, 'http.post', `${base}/`, {}, controller.signal)).toMatchObject({
      code: 'cancelled',
      effect: 'possible',
    });
    expect(await failure(http, 'http.get', `${base}/`, {}, AbortSignal.abort())).toMatchObject({
      code: 'cancelled',
      effect: 'none',
    });
  });

  it('answers malformed, endless and broken responses with an error', async () => {
    const answers = [
      `HTTP/1.1 200 OK\r\nx: ${'y'.repeat(100_000)}\r\n\r\n`,
      'nonsense\r\n\r\n',
      'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nshort',
      'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n',
      '',
    ];
    for (const answer of answers) {
      const server = createTcpServer((socket) => {
        socket.on('error', () => undefined);
        socket.once('data', () => socket.end(answer));
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      open.push(server);
      const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
      const http = createHttpProvider({ privateHosts: [host] });
      const error = await failure(http, 'http.post', `http://${host}/`, { timeout_ms: 5_000 });
      expect(error, answer.slice(0, 40)).toMatchObject({
        code: 'provider_error',
        effect: 'possible',
      });
    }
  });

  it('names a refused connection without the address', async () => {
    const server = createTcpServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    const http = createHttpProvider({ privateHosts: ['127.0.0.1'] });
    const error = await failure(http, 'http.post', `http://127.0.0.1:${port}/`);
    expect(error).toMatchObject({ code: 'provider_error', effect: 'none' });
    expect(error.message).not.toContain('127.0.0.1');
  });
});

/** For box.test, made for this test, good until 2125. */
const SELF_SIGNED = {
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgUSN2bIXx/kWRji+y
ZSwwrzHdEmi0oUfmkXSfb7vaRxahRANCAATXHzoJKrQQw2f9DITewZVbocYQzv8D
Bo0iT3gcTF0i3kXDykNbOayCG/n8fJxDm8hTSQrF1zA1xI1Azo3aV5rv
-----END PRIVATE KEY-----
`,
  cert: `-----BEGIN CERTIFICATE-----
MIIBkzCCATigAwIBAgIUX1UDYW03qlyamqk97A/KoUOaHGAwCgYIKoZIzj0EAwIw
EzERMA8GA1UEAwwIYm94LnRlc3QwIBcNMjYxMTIxMDEyMjU1WhgPMjEyNjEwMjgw
MTIyNTVaMBMxETAPBgNVBAMMCGJveC50ZXN0MFkwEwYHKoZIzj0CAQYIKoZIzj0D
AQcDQgAE1x86CSq0EMNn/QyE3sGVW6HGEM7/AwaNIk94HExdIt5Fw8pDWzmsghv5
/HycQ5vIU0kKxdcwNcSNQM6N2lea76NoMGYwHQYDVR0OBBYEFFeVtkq/m6+hZHzl
a3tkxeySQXBuMB8GA1UdIwQYMBaAFFeVtkq/m6+hZHzla3tkxeySQXBuMA8GA1Ud
EwEB/wQFMAMBAf8wEwYDVR0RBAwwCoIIYm94LnRlc3QwCgYIKoZIzj0EAwIDSQAw
RgIhANc05yqzdZ9+zxffgJdZxPtjEOEpX6yu7NNUCTzUIdDJAiEAvQ6v8xoMMy4Y
j9TTtJpP6mWWoq35CLOGjjvBWGUImmM=
-----END CERTIFICATE-----
`,
};
