// A server that means harm, or is broken: whatever it sends, a verb ends in bounded time with a value of the right
// shape or a PortcullisError. Real sockets, raw bytes.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { type ConnectOptions, PortcullisError } from './index.ts';
import { closeAll, failure, http, RESULT, read, serve } from './testing/raw-server.ts';

afterEach(closeAll);

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
/** Bytes that somebody holds; a buffer that nobody holds is given back after the collection that finds that out. */
const live = (): number => {
  for (let i = 0; i < 3; i++) collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
};

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
        { ...options, timeout: 1_500 },
        unix,
      );
      expect((await failure(kernel.submit(read))).code).toBe('timeout');
      expect((await failure(kernel.policy())).code).toBe('timeout');
    });

    test('a refusal of a stream that does not end is a timeout', async () => {
      const head = 'HTTP/1.1 403 no\r\ncontent-length: 1000\r\n\r\n{';
      const kernel = await serve((s) => s.write(head), { ...options, timeout: 1_500 }, unix);
      const frames = kernel.submitStream(read)[Symbol.asyncIterator]();
      const events = kernel.events()[Symbol.asyncIterator]();
      const ends = await Promise.all([frames, events].map((one) => failure(one.next())));
      expect(ends.map(({ code }) => code)).toEqual(['timeout', 'timeout']);
    });

    test('an answer in chunks of one byte takes the memory of its bytes', async () => {
      const size = 1 << 18;
      const sent = Promise.withResolvers<void>();
      let end = () => {};
      const kernel = await serve(
        (socket) => {
          end = () => socket.end('0\r\n\r\n');
          socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n');
          socket.write('1\r\n \r\n'.repeat(size), () => setTimeout(() => sent.resolve(), 100));
        },
        { ...options, timeout: 20_000 },
        unix,
      );
      const before = live();
      const asked = failure(kernel.submit(read));
      await sent.promise;
      expect(live() - before).toBeLessThan(8 * size);
      end();
      expect((await asked).code).toBe('bad_response');
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
