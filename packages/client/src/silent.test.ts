/** Streams of a server that says nothing more: neither a reader nor a listener waits for ever, and what is cut is taken up again. */
import type { KernelEvent } from '@portcullis/wire';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { PortcullisError } from './index.ts';
import { events } from './stream/events.ts';
import type { Stream, Transport } from './transport/transport.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
});
afterEach(() => {
  vi.useRealTimers();
});

const bytes = (text: string) => new TextEncoder().encode(text);
const eventText = (seq: number) =>
  `data: ${JSON.stringify({ seq, type: 'x', at: '2026-01-01T00:00:00Z' })}\n\n`;

/** Says these, then nothing, until it is closed. */
function silent(status: number, ...says: string[]): Stream {
  const closed = Promise.withResolvers<never>();
  closed.promise.catch(() => {});
  async function* chunks(): AsyncGenerator<Uint8Array> {
    for (const text of says) yield bytes(text);
    await closed.promise;
  }
  return { status, chunks: chunks(), close: () => closed.reject(new Error('closed')) };
}

const transportOf = (...streams: Stream[]): Transport & { readonly asked: string[] } => {
  const asked: string[] = [];
  return {
    asked,
    send: () => Promise.reject(new Error('not asked for')),
    async stream({ path }) {
      asked.push(path);
      const next = streams.shift();
      if (next === undefined) throw new Error('no more');
      return next;
    },
    close() {},
  };
};

test('events that fall silent are asked for again, from the last one seen', async () => {
  const transport = transportOf(silent(200, eventText(7)), silent(200, eventText(8)));
  const stream = events(transport, 1_000, {});
  const seq = async () => ((await stream.next()).value as KernelEvent).seq;
  expect(await seq()).toBe(7);
  const next = seq();
  await vi.advanceTimersByTimeAsync(61_000);
  expect(await next).toBe(8);
  expect(transport.asked).toEqual(['/v1/events', '/v1/events?after=7']);
  void stream.return();
});

test('what is cut now and then, with nothing to tell between, is not given up', async () => {
  const streams = Array.from({ length: 5 }, () => silent(200, ': \n\n'));
  const transport = transportOf(...streams, silent(200, eventText(1)));
  const next = events(transport, 1_000, {}).next();
  await vi.advanceTimersByTimeAsync(6 * 66_000);
  expect((await next).value).toMatchObject({ seq: 1 });
});

test('a refusal that never ends is one that timed out', async () => {
  const next = events(transportOf(silent(403, '{"code":')), 1_000, {}).next();
  const failed = next.then(
    () => 'answered',
    (error: PortcullisError) => error.code,
  );
  await vi.advanceTimersByTimeAsync(1_001);
  expect(await failed).toBe('timeout');
});
