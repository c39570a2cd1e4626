/** Providers that answer in pieces and mean no good: each call still ends, in one outcome, and nothing is forgotten of what was shown. */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Kernel, Label, StreamFrame } from '@portcullis/wire';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CreateKernelOptions } from './host.ts';
import { createKernel } from './kernel.ts';
import type { Provider, ProviderOutput } from './provider/types.ts';

let folder: string;
let open: Kernel[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'portcullis-stream-hostile-'));
  open = [];
});
afterEach(async () => {
  for (const kernel of open) await kernel.close();
  rmSync(folder, { recursive: true, force: true });
});

const permitAll = {
  version: 1,
  rules: [{ name: 'all', effect: 'permit', when: { action: '**' } }],
};

async function kernelOf(
  executeStream: Provider['executeStream'],
  options: CreateKernelOptions = {},
): Promise<Kernel> {
  const provider: Provider = {
    family: 'thing',
    actions: [{ name: 'thing.do', resource: 'other', params: { type: 'object' }, effect: 'write' }],
    execute: (): ProviderOutput => ({ data: 'whole', labels: [label('here')] }),
    executeStream: executeStream as never,
  };
  const made = await createKernel({
    dataDir: join(folder, 'data'),
    startDir: folder,
    builtins: [],
    policy: permitAll as never,
    providers: [provider],
    ...options,
  });
  open.push(made);
  return made;
}

const label = (origin: string, integrity: Label['integrity'] = 'trusted'): Label => ({
  source: 'thing',
  origin,
  integrity,
  confidentiality: 'public',
});

async function all(frames: AsyncIterable<StreamFrame>): Promise<StreamFrame[]> {
  const got: StreamFrame[] = [];
  for await (const frame of frames) got.push(frame);
  return got;
}

const last = (frames: readonly StreamFrame[]): StreamFrame => frames.at(-1) as StreamFrame;

/** An iterator by hand: these pieces, then this. */
function byHand(
  pieces: readonly unknown[],
  rest: unknown = { data: null, labels: [] },
  more: object = {},
): Provider['executeStream'] {
  return () => {
    let at = 0;
    return {
      next: async () =>
        at < pieces.length ? { done: false, value: pieces[at++] } : { done: true, value: rest },
      [Symbol.asyncIterator]() {
        return this;
      },
      ...more,
    } as never;
  };
}

const cyclic: { [name: string]: unknown } = { source: 'x', origin: 'y' };
cyclic.self = cyclic;

describe('whatever it does, the call ends with one outcome', () => {
  it.each<[string, Provider['executeStream']]>([
    [
      'a return that throws',
      byHand([{ data: 'a\n', labels: [] }], undefined, {
        return: () => {
          throw new Error('no');
        },
      }),
    ],
    [
      'a return that cannot be read',
      byHand([{ data: 'a\n', labels: [] }], undefined, {
        get return() {
          throw new Error('no');
        },
      }),
    ],
    [
      'a return that never answers',
      byHand([{ data: 'a\n', labels: [] }], undefined, {
        return: () => new Promise(() => {}),
      }),
    ],
    [
      'a next that throws',
      byHand([], undefined, {
        next: () => {
          throw new Error('no');
        },
      }),
    ],
    ['a next of nothing', byHand([], undefined, { next: async () => undefined })],
    ['labels that are none', byHand([{ data: 'a\n', labels: [null] }])],
    ['labels without an origin', byHand([{ data: 'a\n', labels: [{}] }])],
    ['labels in a circle', byHand([{ data: 'a\n', labels: [cyclic] }])],
    [
      'labels that are none, at the end',
      byHand([{ data: 'a\n', labels: [] }], { data: 'b', labels: [null] }),
    ],
    [
      'labels without an origin, at the end',
      byHand([{ data: 'a\n', labels: [] }], { data: 'b', labels: [{}] }),
    ],
    [
      'labels in a circle, at the end',
      byHand([{ data: 'a\n', labels: [] }], { data: 'b', labels: [cyclic] }),
    ],
    [
      'labels of BigInt, at the end',
      byHand([{ data: 'a\n', labels: [] }], {
        data: 'b',
        labels: [label('a'), { ...label('x'), more: 1n }],
      }),
    ],
    [
      'labels that cannot be read',
      byHand([
        {
          data: 'a\n',
          labels: [
            {
              get source() {
                throw new Error('no');
              },
            },
          ],
        },
      ]),
    ],
    [
      'labels that cannot be read, at the end',
      byHand([{ data: 'a\n', labels: [] }], {
        data: 'b',
        labels: [
          label('a'),
          {
            get source() {
              throw new Error('no');
            },
          },
        ],
      }),
    ],
  ])('%s', async (_, executeStream) => {
    const k = await kernelOf(executeStream, { providerDeadline: 200 });
    const frames = await all(k.submitStream({ action: 'thing.do' }));
    const { records } = await k.journal({});
    const kinds = records
      .map(({ kind }) => kind)
      .filter((kind) => kind === 'decision' || kind === 'outcome');
    expect(kinds).toEqual(['decision', 'outcome']);
    expect(last(frames).final).toBe(true);
  });
});

describe('labels', () => {
  it('that come after many others are not forgotten', async () => {
    const k = await kernelOf(async function* () {
      for (let at = 0; at < 80; at++) yield { data: `${at}\n`, labels: [label(`o${at}`)] };
      yield { data: 'a stranger\n', labels: [label('page', 'untrusted')] };
      return { data: null, labels: [] as Label[] };
    } as Provider['executeStream']);
    const { id } = await k.openSession({});
    const frames = await all(k.submitStream({ action: 'thing.do', session: id }));
    expect((await k.session(id)).labels.some(({ integrity }) => integrity === 'untrusted')).toBe(
      true,
    );
    expect(last(frames).labels.some(({ integrity }) => integrity === 'untrusted')).toBe(true);
  });
  it('of an answer that comes again are those of the session that gets it too, over restarts', async () => {
    const executeStream = byHand([{ data: 'a\n', labels: [label('page', 'untrusted')] }]);
    const k = await kernelOf(executeStream);
    const [a, b, c] = [await k.openSession({}), await k.openSession({}), await k.openSession({})];
    const asked = { action: 'thing.do', idempotency_key: 'k' };
    await all(k.submitStream({ ...asked, session: a.id }));
    const again = await all(k.submitStream({ ...asked, session: b.id }));
    expect(last(again).result).toMatchObject({ replayed: true });
    const seen = [label('page', 'untrusted')];
    expect((await k.session(b.id)).labels).toEqual(seen);
    await k.close();
    const reopened = await kernelOf(executeStream);
    expect((await reopened.session(b.id)).labels).toEqual(seen);
    expect((await reopened.session(c.id)).labels).toEqual([]);
    await reopened.submit({ ...asked, session: c.id });
    expect((await reopened.session(c.id)).labels).toEqual(seen);
  });

  it('of an answer that two sessions waited for are those of both', async () => {
    const k = await kernelOf(byHand([{ data: 'a\n', labels: [label('page', 'untrusted')] }]));
    const sessions = [await k.openSession({}), await k.openSession({})];
    await Promise.all(
      sessions.map(({ id }) =>
        all(k.submitStream({ action: 'thing.do', session: id, idempotency_key: 'k' })),
      ),
    );
    for (const { id } of sessions) expect((await k.session(id)).labels).toHaveLength(1);
  });
});

describe('pieces', () => {
  it.each([
    'password=CANARYcanary\n',
    // Its first bytes are UTF-8 too.
    '“”password=CANARYcanary and more words here\n',
  ])('of %j in UTF-16, in a few bytes each, are searched as what they say', async (text) => {
    const bytes = Buffer.from(text, 'utf16le');
    for (const size of [1, 2, 3, 5]) {
      const k = await kernelOf(
        async function* () {
          for (let at = 0; at < bytes.length; at += size)
            yield { data: bytes.subarray(at, at + size), labels: [] as Label[] };
          return { data: null, labels: [] as Label[] };
        },
        { dataDir: join(folder, `data-${size}`) },
      );
      const frames = await all(k.submitStream({ action: 'thing.do' }));
      const shown = frames.map(({ data }) => data).join('');
      expect(shown.replaceAll('\0', '')).not.toContain('CANARY');
    }
  });

  it('that never wait for anything hold up nobody: the deadline comes', async () => {
    const until = Date.now() + 60_000;
    let told = false;
    const k = await kernelOf(
      async function* (_, { signal }) {
        while (Date.now() < until && !signal.aborted) yield { data: '', labels: [] as Label[] };
        told = signal.aborted;
        return { data: null, labels: [] as Label[] };
      },
      { providerDeadline: 20 },
    );
    await all(k.submitStream({ action: 'thing.do' }));
    expect(told).toBe(true);
  });
});

it('a stream that was left before it began runs nothing', async () => {
  let runs = 0;
  // biome-ignore lint/correctness/useYield: it has nothing to say.
  const k = await kernelOf(async function* () {
    runs++;
    return { data: null, labels: [] as Label[] };
  });
  const stream = k.submitStream({ action: 'thing.do' })[Symbol.asyncIterator]();
  await stream.return?.();
  expect(await stream.next()).toEqual({ done: true, value: undefined });
  expect(runs).toBe(0);
  expect((await k.journal({ kind: 'decision' })).records).toHaveLength(0);
});

it('a crash in the middle leaves the session no freer: not of what was secret, nor of tokens', async () => {
  const executeStream: Provider['executeStream'] = async function* (_, { signal }) {
    const secret: Label = { ...label('vault'), confidentiality: 'secret' };
    yield { data: 'something that nobody may pass on\n', labels: [secret] };
    if (!signal.aborted)
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    return { data: null, labels: [] };
  };
  const sessionTokens = { total: 1_000 };
  const k = await kernelOf(executeStream, { sessionTokens });
  const { id } = await k.openSession({});
  const stream = k.submitStream({ action: 'thing.do', session: id })[Symbol.asyncIterator]();
  await stream.next();
  cpSync(join(folder, 'data'), join(folder, 'copy'), { recursive: true });
  await stream.return?.();
  const again = await kernelOf(byHand([], { data: 'x'.repeat(2_000), labels: [] }), {
    dataDir: join(folder, 'copy'),
    sessionTokens,
  });
  const { labels } = await again.session(id);
  expect(labels.some(({ confidentiality }) => confidentiality === 'secret')).toBe(true);
  const { frame } = await again.submit({ action: 'thing.do', session: id });
  expect(frame).toMatchObject({ tier: 'exhausted' });
});
