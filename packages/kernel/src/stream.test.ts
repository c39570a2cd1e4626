/** Results as they come, as users of the library meet them: real processes, real sockets, a real journal. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Json, JsonObject, Kernel, StreamFrame } from '@portcullis/wire';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import type { CreateKernelOptions } from './host.ts';
import { createKernel } from './kernel.ts';
import {
  type Provider,
  ProviderError,
  type ProviderOutput,
  type ProviderPiece,
} from './provider/types.ts';

let folder: string;
let open: Kernel[];
let servers: Server[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'portcullis-stream-'));
  open = [];
  servers = [];
});
afterEach(async () => {
  for (const kernel of open) await kernel.close();
  for (const server of servers) server.closeAllConnections();
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  rmSync(folder, { recursive: true, force: true });
});

const permitAll = {
  version: 1,
  rules: [{ name: 'all', effect: 'permit', when: { action: '**' } }],
};

async function kernel(options: CreateKernelOptions = {}): Promise<Kernel> {
  const made = await createKernel({
    dataDir: join(folder, 'data'),
    startDir: folder,
    builtins: [],
    policy: permitAll as never,
    ...options,
  });
  open.push(made);
  return made;
}

const LABELS = [
  { source: 'thing', origin: 'here', integrity: 'untrusted', confidentiality: 'public' },
] as const;

/** A provider whose action answers in these pieces. */
function streaming(
  pieces: (signal: AbortSignal, wanted: () => boolean) => AsyncIterable<Json | Uint8Array>,
  rest: Json = { done: true },
): Provider & { running: number } {
  const provider = {
    family: 'thing',
    running: 0,
    actions: [
      { name: 'thing.do', resource: 'other', params: { type: 'object' }, effect: 'write' } as const,
    ],
    execute: (): ProviderOutput => ({ data: 'whole', labels: LABELS }),
    async *executeStream(
      _: unknown,
      { signal, wanted = () => true }: { signal: AbortSignal; wanted?: () => boolean },
    ): AsyncGenerator<ProviderPiece, ProviderOutput, undefined> {
      provider.running++;
      try {
        for await (const data of pieces(signal, wanted)) yield { data, labels: LABELS };
        return { data: rest, labels: LABELS };
      } finally {
        provider.running--;
      }
    },
  };
  return provider;
}

const inPieces = (pieces: readonly (Json | Uint8Array)[]) =>
  async function* () {
    yield* pieces;
  };

async function all(frames: AsyncIterable<StreamFrame>): Promise<StreamFrame[]> {
  const got: StreamFrame[] = [];
  for await (const frame of frames) got.push(frame);
  return got;
}

const textOf = (frames: readonly StreamFrame[]): string =>
  frames
    .filter(({ final }) => !final)
    .map(({ data }) => data)
    .join('');

const last = (frames: readonly StreamFrame[]): StreamFrame => frames.at(-1) as StreamFrame;

const recordsOf = async (k: Kernel, id: string): Promise<JsonObject[]> =>
  (await k.journal({ id })).records as unknown as JsonObject[];

const settled = async (check: () => boolean | Promise<boolean>): Promise<void> => {
  for (const began = Date.now(); Date.now() - began < 60_000; ) {
    if (await check()) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error('it did not come to that');
};

describe('a stream', () => {
  it('shows pieces as they come, then the result; one decision, one outcome', async () => {
    const k = await kernel({ providers: [streaming(inPieces(['a one\n', 'a two\n', 'a three']))] });
    const frames = await all(k.submitStream({ action: 'thing.do' }));
    expect(frames.map(({ seq, final }) => [seq, final])).toEqual([
      [0, false],
      [1, false],
      [2, false],
      [3, true],
    ]);
    expect(textOf(frames)).toBe('a one\na two\na three');
    expect(last(frames)).toMatchObject({
      data: { done: true },
      labels: LABELS,
      bytes: 32,
      result: { decision: { effect: 'permit' }, outcome: { status: 'ok' } },
    });
    expect(last(frames).result).not.toHaveProperty('frame');
    expect(frames[0]).toMatchObject({ bytes: 6, labels: LABELS });
    const records = await recordsOf(k, last(frames).result?.decision.id as string);
    expect(records.map(({ kind }) => kind)).toEqual(['decision', 'outcome']);
    expect(records[0]).toMatchObject({ streams: true });
    expect(records[1]).toMatchObject({ status: 'ok', frames: 3, bytes: 32 });
    expect((await k.verify()).ok).toBe(true);
  });

  it('is one frame where the provider answers at once, or the view needs the whole', async () => {
    const whole = streaming(inPieces(['a', 'b']));
    const { executeStream: _, ...plain } = whole;
    const k = await kernel({ providers: [plain] });
    expect(await all(k.submitStream({ action: 'thing.do' }))).toMatchObject([
      { seq: 0, final: true, data: 'whole', result: { outcome: { status: 'ok' } } },
    ]);
    const other = await kernel({ dataDir: join(folder, 'other'), providers: [whole] });
    for (const response_mode of ['summary', 'table', 'handle_only'] as const)
      expect(await all(other.submitStream({ action: 'thing.do', response_mode }))).toMatchObject([
        { seq: 0, final: true, mode: response_mode },
      ]);
  });

  it('of what is refused is one frame with the decision', async () => {
    const k = await kernel({
      policy: { version: 1, rules: [] } as never,
      providers: [streaming(inPieces(['a']))],
    });
    for (const request of [{ action: 'thing.do' }, { action: 'NO' }, {}, { nothing: 1 }])
      expect(await all(k.submitStream(request as never))).toMatchObject([
        { seq: 0, final: true, data: null, result: { decision: { effect: 'deny' } } },
      ]);
    expect((await k.journal()).records.filter(({ kind }) => kind === 'outcome')).toEqual([]);
  });

  it('runs nothing until somebody reads', async () => {
    const provider = streaming(inPieces(['a']));
    const k = await kernel({ providers: [provider] });
    const stream = k.submitStream({ action: 'thing.do' });
    await stream[Symbol.asyncIterator]().return?.();
    expect((await k.journal()).records.filter(({ kind }) => kind === 'decision')).toEqual([]);
  });

  it('shows values as they are and masks each; bytes that are no text as base64', async () => {
    const binary = Buffer.concat([Buffer.from([0, 255, 254, 7]), Buffer.alloc(600, 200)]);
    const k = await kernel({
      providers: [
        streaming(inPieces([{ row: 1, password: 'CANARYcanary' }, [1, 2], binary, 'text again\n'])),
      ],
    });
    const frames = await all(k.submitStream({ action: 'thing.do' }));
    expect(frames[0]?.data).toEqual({ row: 1, password: '[masked:assigned_secret]' });
    expect(frames[1]?.data).toEqual([1, 2]);
    const bytes = frames.filter(({ encoding }) => encoding === 'base64');
    expect(Buffer.concat(bytes.map(({ data }) => Buffer.from(data as string, 'base64')))).toEqual(
      binary,
    );
    expect(frames.at(-2)?.data).toBe('text again\n');
    expect(JSON.stringify(frames)).not.toContain('CANARY');
  });

  it('waits for who reads before it asks for more', async () => {
    let made = 0;
    const k = await kernel({
      providers: [
        streaming(async function* () {
          for (; made < 100; made++) yield `line ${made}\n`;
        }),
      ],
    });
    const stream = k.submitStream({ action: 'thing.do' })[Symbol.asyncIterator]();
    for (let at = 0; at < 3; at++) await stream.next();
    expect(made).toBeLessThan(5);
    await stream.return?.();
  });
});

describe('the budget of frames', () => {
  it('bounds all frames of a stream together, and a handle names what they leave out', async () => {
    const lines = Array.from({ length: 500 }, (_, at) => `line ${at} ${'x'.repeat(100)}\n`);
    const k = await kernel({ frame: { bytes: 10_000 }, providers: [streaming(inPieces(lines))] });
    const frames = await all(k.submitStream({ action: 'thing.do' }));
    const shown = frames.reduce((sum, { data }) => sum + JSON.stringify(data).length, 0);
    expect(shown).toBeLessThanOrEqual(10_000);
    expect(shown).toBeGreaterThan(7_000);
    expect(lines.join('').startsWith(textOf(frames))).toBe(true);
    const end = last(frames);
    expect(end.notes.join()).toMatch(/cut: the frames of this stream hold 10000 bytes/);
    const handle = end.handle as string;
    const page = await k.expand({ handle, query: { offset: 400, limit: 2 } });
    expect(page.data).toEqual([lines[400], lines[401]]);
  });

  it('keeps no more than a handle may name, and tells the provider that it is enough', async () => {
    let sent = 0;
    const piece = `${'y'.repeat(1_023)}\n`.repeat(1_024);
    const k = await kernel({
      providers: [
        streaming(async function* (_, wanted) {
          while (wanted() && sent < 200) {
            sent++;
            yield piece;
          }
        }),
      ],
    });
    const frames = await all(k.submitStream({ action: 'thing.do' }));
    expect(sent).toBeLessThan(70);
    expect(last(frames).handle).toBeUndefined();
    expect(last(frames).notes.join()).toMatch(/no handle/);
  });

  it("counts a session's tokens, and shows no more when they are used up", async () => {
    const k = await kernel({
      sessionTokens: { total: 2_000 },
      providers: [streaming(inPieces(Array.from({ length: 100 }, () => `${'z'.repeat(400)}\n`)))],
    });
    const frames = await all(k.submitStream({ action: 'thing.do' }));
    expect(JSON.stringify(frames.slice(0, -1)).length / 4).toBeLessThan(2_100);
    expect(last(frames)).toMatchObject({ data: null, tier: 'exhausted' });
    expect(last(frames).notes.join()).toMatch(/cut: the session has no tokens left for more/);
    expect(last(frames).handle).toBeDefined();
    const [, outcome] = await recordsOf(k, last(frames).result?.decision.id as string);
    expect(outcome?.tokens).toBeGreaterThan(1_000);
    // The next one is a handle from the start.
    const next = await all(k.submitStream({ action: 'thing.do' }));
    expect(next).toMatchObject([{ final: true, mode: 'handle_only' }]);
  });
});

describe('who leaves', () => {
  it('ends the call: the provider is told, the outcome is recorded', async () => {
    let told = false;
    const provider = streaming(async function* (signal) {
      signal.addEventListener('abort', () => {
        told = true;
      });
      for (;;) {
        yield 'a line\n';
        if (signal.aborted) throw new ProviderError('cancelled', 'stopped half way', 'possible');
      }
    });
    const k = await kernel({ providers: [provider] });
    for await (const frame of k.submitStream({ action: 'thing.do' })) if (frame.seq === 2) break;
    expect(told).toBe(true);
    expect(provider.running).toBe(0);
    const [outcome] = (await k.journal({ kind: 'outcome' })).records;
    expect(outcome).toMatchObject({ status: 'unknown', error: { code: 'cancelled' } });
    expect((await k.status()).unknown).toBe(1);
  });

  it('while nothing comes is noticed at once', async () => {
    const provider = streaming(async function* (signal) {
      yield 'a line\n';
      if (!signal.aborted) await new Promise((stop) => signal.addEventListener('abort', stop));
      throw new ProviderError('cancelled', 'stopped', 'none');
    });
    const k = await kernel({ providers: [provider] });
    const stream = k.submitStream({ action: 'thing.do' })[Symbol.asyncIterator]();
    await stream.next();
    const waiting = stream.next();
    await stream.return?.();
    expect(await waiting).toEqual({ done: true, value: undefined });
    const [outcome] = (await k.journal({ kind: 'outcome' })).records;
    expect(outcome).toMatchObject({ status: 'error', error: { code: 'cancelled' } });
  });

  it('and who stops reading keeps the outcome from no record', async () => {
    const provider = streaming(async function* (signal) {
      for (let at = 0; at < 1_000 && !signal.aborted; at++) yield `line ${at}\n`;
    });
    const k = await kernel({ providers: [provider], providerDeadline: 50 });
    const stream = k.submitStream({ action: 'thing.do' })[Symbol.asyncIterator]();
    await stream.next();
    await settled(async () => (await k.journal({ kind: 'outcome' })).records.length === 1);
    const frames: StreamFrame[] = [];
    for (let next = await stream.next(); !next.done; next = await stream.next())
      frames.push(next.value as StreamFrame);
    expect(last(frames).final).toBe(true);
  });
});

describe('what goes wrong half way', () => {
  it.each([
    ['its own refusal', () => new ProviderError('provider_error', 'it broke', 'possible'), 'error'],
    ['a bug', () => new TypeError('with ghp_CANARYcanary0123456789CANARYcanary01'), 'error'],
  ])('%s: what came before is shown, the outcome says the rest', async (_, error, status) => {
    const k = await kernel({
      providers: [
        streaming(async function* () {
          yield 'before\nand ';
          throw error();
        }),
      ],
    });
    const frames = await all(k.submitStream({ action: 'thing.do' }));
    expect(textOf(frames)).toBe('before\nand ');
    expect(last(frames)).toMatchObject({ data: null, result: { outcome: { status } } });
    expect(JSON.stringify(frames)).not.toContain('CANARY');
    expect(journalText()).not.toContain('CANARY');
  });

  it('pieces that are none', async () => {
    for (const [at, bad] of [undefined, 1n, () => 1, Number.NaN, new Map()].entries()) {
      const k = await kernel({
        dataDir: join(folder, `data-${at}`),
        providers: [streaming(inPieces(['fine\n', bad as never]))],
      });
      const frames = await all(k.submitStream({ action: 'thing.do' }));
      expect(last(frames).result?.outcome).toMatchObject({
        status: 'error',
        error: { code: 'provider_error' },
      });
    }
  });

  it('a provider that heeds nothing is given up on', async () => {
    const provider = streaming(async function* () {
      yield 'a\n';
      await new Promise(() => {});
    });
    const k = await kernel({ providers: [provider], providerDeadline: 30 });
    const frames = await all(k.submitStream({ action: 'thing.do' }));
    expect(last(frames).result?.outcome).toMatchObject({
      status: 'unknown',
      error: { code: 'timeout' },
    });
  });

  it("a crash: the outcome is unknown, and the session has seen somebody's words", async () => {
    const provider = streaming(async function* (signal) {
      yield 'a line\n';
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
    });
    const first = await createKernel({
      dataDir: join(folder, 'data'),
      startDir: folder,
      builtins: [],
      policy: permitAll as never,
      providers: [provider],
    });
    const stream = first.submitStream({ action: 'thing.do' })[Symbol.asyncIterator]();
    await stream.next();
    const { cpSync } = await import('node:fs');
    cpSync(join(folder, 'data'), join(folder, 'copy'), { recursive: true });
    await stream.return?.();
    await first.close();
    const k = await kernel({ dataDir: join(folder, 'copy'), providers: [provider] });
    const [outcome] = (await k.journal({ kind: 'outcome' })).records;
    expect(outcome).toMatchObject({ status: 'unknown', error: { code: 'unknown_outcome' } });
    const session = await k.session((outcome as unknown as { session: string }).session);
    expect(session.labels).toMatchObject([{ integrity: 'untrusted' }]);
  });
});

describe('idempotency', () => {
  it('a second call is answered with the name of what was streamed, and nothing runs again', async () => {
    let runs = 0;
    const k = await kernel({
      providers: [
        streaming(async function* () {
          runs++;
          yield 'one\n';
          yield 'two\n';
        }),
      ],
    });
    const request = { action: 'thing.do', idempotency_key: 'once' };
    const first = await all(k.submitStream(request));
    expect(textOf(first)).toBe('one\ntwo\n');
    const again = await all(k.submitStream(request));
    expect(runs).toBe(1);
    expect(again).toMatchObject([
      { seq: 0, final: true, data: { done: true }, result: { replayed: true } },
    ]);
    const { data } = await k.expand({ handle: again[0]?.handle as string });
    expect(data).toEqual(['one\n', 'two\n']);
    expect(await k.submit(request)).toMatchObject({ replayed: true, outcome: { status: 'ok' } });
    expect(runs).toBe(1);
  });
});

describe('canaries', () => {
  const CANARIES: readonly (readonly [string, string])[] = [
    ['AKIACANARYCANARYCA42', 'CANARYCA'],
    ['ghp_CANARYcanary0123456789CANARYcanary01', 'CANARYcanary'],
    ['Authorization: Bearer CANARYcanary0123456789', 'CANARYcanary'],
    ['eyJDQU5BUlkiOjF9.eyJDQU5BUlkiOjF9.CANARYcanary', 'eyJDQU5BUlki'],
    ['postgres://app:CANARYcanary@db/x', 'CANARYcanary'],
    ['password=CANARYcanary', 'CANARYcanary'],
    ['{"client_secret": "CANARYcanary01"}', 'CANARYcanary'],
    ['-----BEGIN PRIVATE KEY-----\nCANARYcanary\n-----END PRIVATE KEY-----', 'CANARYcanary'],
    ['pcl_CANARYcanary0123456789abcdef', 'CANARYcanary'],
  ];

  test('none comes out of a stream, wherever it is cut: not in frames, pages, records, events', async () => {
    let pieces: readonly (string | Uint8Array)[] = [];
    const k = await kernel({
      frame: { bytes: 2_000 },
      providers: [
        streaming(async function* () {
          yield* pieces;
        }),
      ],
    });
    const events: string[] = [];
    const leave = new AbortController();
    const watching = (async () => {
      for await (const event of k.events({ signal: leave.signal }))
        events.push(JSON.stringify(event));
    })();
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...CANARIES),
        fc.array(fc.nat(3_000), { minLength: 1, maxLength: 8 }),
        fc.constantFrom('text', 'utf-8', 'utf-16le', 'bytes', 'base64'),
        fc.nat(2_500),
        async ([canary, part], cuts, form, before) => {
          const text = `${'words and words\n'.repeat(before / 16)}${canary}\n${'more words\n'.repeat(20)}`;
          pieces = cut(formed(text, form), cuts);
          const frames = await all(k.submitStream({ action: 'thing.do' }));
          const out = [JSON.stringify(frames)];
          for (const { data, encoding } of frames)
            if (encoding === 'base64' || form === 'base64')
              if (typeof data === 'string')
                out.push(Buffer.from(data, 'base64').toString('latin1'));
          const { handle } = last(frames);
          if (handle !== undefined) {
            const page = await k.expand({ handle });
            out.push(JSON.stringify(page));
            if (form === 'base64' || form === 'bytes')
              out.push(Buffer.from((page.data as string[]).join(''), 'base64').toString('latin1'));
          }
          for (const one of out) expect(one).not.toContain(part);
        },
      ),
      { numRuns: 150 },
    );
    leave.abort();
    await watching;
    expect(events.length).toBeGreaterThan(100);
    const left = events.join('') + journalText();
    for (const [, part] of CANARIES) expect(left).not.toContain(part);
  });

  function formed(text: string, form: string): string | Buffer {
    if (form === 'text') return text;
    if (form === 'base64') return Buffer.from(text).toString('base64');
    if (form === 'utf-16le') return Buffer.from(text, 'utf16le');
    const bytes = Buffer.from(text);
    return form === 'bytes' ? Buffer.concat([Buffer.from([0xff, 0, 0xfe, 0xc0]), bytes]) : bytes;
  }

  function cut<T extends string | Buffer>(whole: T, cuts: readonly number[]): T[] {
    const places = [...new Set(cuts.map((at) => at % whole.length))].sort((a, b) => a - b);
    return [...places, whole.length].map((to, at) => whole.slice(places[at - 1] ?? 0, to) as T);
  }
});

function journalText(): string {
  const dir = join(folder, 'data', 'journal');
  const segments = readdirSync(dir).filter((name) => name.endsWith('.jsonl'));
  return segments.map((name) => readFileSync(join(dir, name), 'utf8')).join('');
}

async function server(
  answer: Parameters<typeof createServer>[1],
): Promise<{ host: string; url: string }> {
  const made = createServer(answer as never);
  servers.push(made);
  await new Promise<void>((done) => made.listen(0, '127.0.0.1', done));
  const host = `127.0.0.1:${(made.address() as AddressInfo).port}`;
  return { host, url: `http://${host}/` };
}

describe('over http', () => {
  it('the body comes as it is sent; status and headers come last', async () => {
    let go: () => void = () => {};
    const { host, url } = await server((_, response) => {
      response.setHeader('content-type', 'text/plain');
      response.write('first line\n');
      go = () => response.end('second line with password=CANARYcanary\n');
    });
    const k = await kernel({ builtins: ['http'], privateHosts: [host] });
    const stream = k.submitStream({ action: 'http.get', resource: url })[Symbol.asyncIterator]();
    // Before the server has said the rest.
    expect((await stream.next()).value).toMatchObject({ data: 'first line\n', final: false });
    go();
    expect((await stream.next()).value?.data).toBe(
      'second line with password=[masked:assigned_secret]\n',
    );
    expect((await stream.next()).value).toMatchObject({
      final: true,
      data: { status: 200, headers: { 'content-type': 'text/plain' }, truncated: false },
      labels: [{ source: 'http', origin: host }],
    });
  });

  it('a client that leaves closes the connection', async () => {
    let closed = false;
    const { host, url } = await server((_, response) => {
      response.on('close', () => {
        closed = true;
      });
      const more = () => response.destroyed || response.write(`${'x y'.repeat(400)}\n`, more);
      more();
    });
    const k = await kernel({ builtins: ['http'], privateHosts: [host] });
    for await (const _ of k.submitStream({ action: 'http.get', resource: url })) break;
    await settled(() => closed);
    const [outcome] = (await k.journal({ kind: 'outcome' })).records;
    expect(outcome).toMatchObject({ status: 'error', error: { code: 'cancelled' } });
  });

  it('a result of 64 MiB passes through and is never held', async () => {
    const size = 64 * 1024 * 1024;
    const piece = Buffer.from(`${'0123456789abcdef'.repeat(64)} and some words\n`.repeat(60));
    const { host, url } = await server((_, response) => {
      let sent = 0;
      const more = (): void => {
        while (sent < size) {
          const part = piece.subarray(0, Math.min(piece.length, size - sent));
          sent += part.length;
          if (!response.write(part)) {
            response.once('drain', more);
            return;
          }
        }
        response.end();
      };
      more();
    });
    const k = await kernel({
      builtins: ['http'],
      privateHosts: [host],
      frame: { stream: 2 ** 40 },
    });
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    // Collected twice: the memory of a buffer that nobody holds is given back after the collection that finds that out.
    const live = () => {
      collect();
      collect();
      const { heapUsed, external } = process.memoryUsage();
      return heapUsed + external;
    };
    const before = live();
    let most = 0;
    let characters = 0;
    let frames = 0;
    const call = { action: 'http.get', resource: url, params: { timeout_ms: 200_000 } };
    for await (const frame of k.submitStream(call)) {
      if (frame.final) {
        expect(frame.result?.outcome.status).toBe('ok');
        expect(frame.bytes).toBeGreaterThan(size);
        break;
      }
      characters += (frame.data as string).length;
      if (frames++ % 512 === 0) most = Math.max(most, live() - before);
    }
    expect(characters).toBe(size);
    expect(most / 1024 / 1024).toBeLessThan(24);
  }, 200_000);
});

describe('of a file', () => {
  const line = 'a line of a file with password=CANARYcanary in it\n';

  it('a large one comes in pieces, beyond what one read gives; a small one is one frame', async () => {
    const file = join(folder, 'large.txt');
    writeFileSync(file, line.repeat(300_000));
    writeFileSync(join(folder, 'small.txt'), 'small');
    const k = await kernel({ builtins: ['fs'] });
    const frames = await all(k.submitStream({ action: 'fs.read', resource: file }));
    expect(last(frames)).toMatchObject({
      data: { truncated: false },
      bytes: line.length * 300_000 + '{"truncated":false}'.length,
      result: { outcome: { status: 'ok' } },
      labels: [{ source: 'fs', origin: file }],
    });
    expect(last(frames).handle).toBeDefined();
    expect(textOf(frames)).toMatch(
      /^a line of a file with password=\[masked:assigned_secret\] in it\n/,
    );
    const part = { action: 'fs.read', resource: file, params: { offset: 50, length: 100_000 } };
    expect(last(await all(k.submitStream(part))).bytes).toBe(100_019);
    expect(await all(k.submitStream({ action: 'fs.read', resource: 'small.txt' }))).toMatchObject([
      { seq: 0, final: true, data: 'small' },
    ]);
    expect(await all(k.submitStream({ action: 'fs.read', resource: 'none.txt' }))).toMatchObject([
      { final: true, result: { outcome: { status: 'not_executed' } } },
    ]);
  });

  it('stays the file that was opened, and is closed when the client leaves', async () => {
    const file = join(folder, 'large.txt');
    writeFileSync(file, line.repeat(100_000));
    const k = await kernel({ builtins: ['fs'], frame: { stream: 2 ** 30 } });
    const open = () => readdirSync('/proc/self/fd').length;
    const before = process.platform === 'linux' ? open() : 0;
    let text = '';
    for await (const frame of k.submitStream({ action: 'fs.read', resource: file })) {
      if (frame.seq === 0) {
        rmSync(file);
        writeFileSync(file, 'another file\n'.repeat(100_000));
      }
      if (frame.final) break;
      text += frame.data;
    }
    expect(text).not.toContain('another');
    expect(text.length).toBeGreaterThan(100_000 * 50);
    for await (const _ of k.submitStream({ action: 'fs.read', resource: file })) break;
    if (process.platform === 'linux') expect(open()).toBeLessThanOrEqual(before + 1);
  });
});

describe.skipIf(process.platform !== 'linux')('of a program', () => {
  const options: CreateKernelOptions = {
    builtins: ['proc'],
    sandbox: 'off',
    proc: { allowRunners: ['sh', 'node'] },
  };
  const sh = (script: string) => ({
    action: 'proc.exec',
    resource: 'sh',
    params: { args: ['-c', script] },
  });

  it('what it writes comes as it writes; how it ended comes last', async () => {
    const k = await kernel(options);
    const stream = k.submitStream(sh('echo one; read line; echo two; echo wrong >&2; exit 3'));
    const frames = await all(stream);
    expect(textOf(frames)).toBe('one\ntwo\n');
    expect(last(frames)).toMatchObject({
      data: { exit_code: 3, stderr: 'wrong\n' },
      result: { outcome: { status: 'ok' } },
    });
  });

  it('is killed with all it started when the client leaves', async () => {
    const k = await kernel(options);
    const marker = join(folder, 'still-there');
    const stream = k.submitStream(sh(`echo a line; (sleep 1; touch ${marker}) & sleep 60`));
    for await (const _ of stream) break;
    const [outcome] = (await k.journal({ kind: 'outcome' })).records;
    expect(outcome).toMatchObject({ status: 'unknown', error: { code: 'cancelled' } });
    expect(readdirSync(folder)).not.toContain('still-there');
  });

  it('goes on at the pace of who reads, and to its end when nobody wants more', async () => {
    const k = await kernel({ ...options, frame: { bytes: 5_000 } });
    const marker = join(folder, 'done');
    const stream = k.submitStream(
      sh(
        `i=0; while [ $i -lt 20000 ]; do echo "line $i of many"; i=$((i+1)); done; touch ${marker}`,
      ),
    );
    const frames = await all(stream);
    expect(last(frames).result?.outcome.status).toBe('ok');
    expect(last(frames).data).toMatchObject({ exit_code: 0 });
    expect(readdirSync(folder)).toContain('done');
  });
});
