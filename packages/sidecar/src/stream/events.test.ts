/** The event stream: what was seen is said, who comes back goes on where it was, who does not read is dropped. */
import { get, type IncomingMessage } from 'node:http';
import { afterEach, expect, test } from 'vitest';
import { eventually, type Running, running } from '../testing/running.ts';

const all: Running[] = [];
const start = async (...args: Parameters<typeof running>) => {
  const one = await running(...args);
  all.push(one);
  return one;
};
const closers: (() => void)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) close();
  for (const one of all.splice(0)) await one.clear();
});

interface Reader {
  readonly response: IncomingMessage;
  text: string;
  ended: boolean;
}

function follow(
  one: Running,
  path = '/v1/events',
  headers: Record<string, string> = {},
  key = one.apiKey,
): Promise<Reader> {
  return new Promise((resolve, reject) => {
    const request = get(
      one.url + path,
      { headers: { authorization: `Bearer ${key}`, ...headers } },
      (response) => {
        const reader: Reader = { response, text: '', ended: false };
        response.on('data', (chunk) => {
          reader.text += chunk;
        });
        response.on('error', () => {});
        response.on('close', () => {
          reader.ended = true;
        });
        resolve(reader);
      },
    );
    request.on('error', reject);
    closers.push(() => request.destroy());
  });
}

const decide = (one: Running, action = 'ok.read', key = one.apiKey) =>
  one.ask('POST', '/v1/decide', { key, json: { action, execution: 'none' } });

const events = (reader: Reader) =>
  [...reader.text.matchAll(/^id: (\d+)\nevent: (\w+)\ndata: (.+)\n\n/gm)].map(
    ([, id, type, data]) => ({
      id: Number(id),
      type,
      data: JSON.parse(data as string),
    }),
  );
const actions = (reader: Reader) =>
  events(reader)
    .filter(({ type }) => type === 'decision')
    .map(({ data }) => data.action);

test('live, in order, with numbers', async () => {
  const one = await start();
  const reader = await follow(one);
  expect(reader.response.headers['content-type']).toBe('text/event-stream');
  await eventually(() => reader.text.startsWith('retry: 1000\n\n'));
  await decide(one, 'ok.first');
  await decide(one, 'no.second');
  await eventually(() => actions(reader).length === 2);
  expect(actions(reader)).toEqual(['ok.first', 'no.second']);
  const ids = events(reader).map(({ id }) => id);
  expect(ids).toEqual([...ids].sort((a, b) => a - b));
  expect(events(reader).every(({ id, data }) => data.seq === id)).toBe(true);
});

test.each(['header', 'query'])('resumed by %s after the last one seen', async (how) => {
  const one = await start();
  const first = await follow(one);
  await eventually(() => first.text !== '');
  await decide(one, 'ok.one');
  await eventually(() => actions(first).length === 1);
  const last = events(first).find(({ type }) => type === 'decision')?.id ?? 0;
  first.response.destroy();
  await decide(one, 'ok.two');
  await decide(one, 'ok.three');
  const again =
    how === 'header'
      ? await follow(one, '/v1/events', { 'last-event-id': String(last) })
      : await follow(one, `/v1/events?after=${last}`);
  await eventually(() => actions(again).length === 2);
  expect(actions(again)).toEqual(['ok.two', 'ok.three']);
});

test('only what is one’s own, unless one is an auditor', async () => {
  const one = await start();
  const other = one.keyWith(['decide']);
  const mine = await follow(one);
  const auditor = await follow(one, '/v1/events', {}, one.adminKey);
  await eventually(() => mine.text !== '' && auditor.text !== '');
  await decide(one, 'ok.other', other);
  await decide(one, 'ok.mine');
  await eventually(() => actions(auditor).length === 2 && actions(mine).length === 1);
  expect(actions(mine)).toEqual(['ok.mine']);
});

test('a comment while nothing happens', async () => {
  const one = await start({ limits: { heartbeat: 20 } });
  const reader = await follow(one);
  await eventually(() => reader.text.split(': \n\n').length > 3);
});

test('ends with its key, and with the sidecar', async () => {
  const one = await start();
  const { key, view } = one.keys.create('default', { principal: { id: 'x' }, rights: ['explain'] });
  const reader = await follow(one, '/v1/events', {}, key);
  const staying = await follow(one);
  await eventually(() => reader.text !== '' && staying.text !== '');
  one.keys.revoke('default', view.id);
  await eventually(() => reader.ended);
  expect(staying.ended).toBe(false);
  await one.close();
  await eventually(() => staying.ended);
});

test('a reader that takes nothing is dropped; the others go on', async () => {
  const one = await start({ limits: { stall: 100 } });
  const lazy = await follow(one);
  const busy = await follow(one);
  await eventually(() => lazy.text !== '' && busy.text !== '');
  lazy.response.pause();
  lazy.response.socket.pause();
  const streams = async () => {
    const { text } = await one.ask('GET', '/metrics', { key: one.adminKey });
    return Number(/^portcullis_event_streams (\d+)$/m.exec(text)?.[1]);
  };
  expect(await streams()).toBe(2);
  // What the two kernels of the connection hold between them comes first: some megabytes.
  const batch = Array(1000).fill({ action: `ok.${'x'.repeat(100)}`, execution: 'none' });
  for (let sent = 0; sent < 100 && (await streams()) === 2; sent++) {
    await one.ask('POST', '/v1/decide', { json: batch });
  }
  expect(await streams()).toBe(1);
  expect(busy.ended).toBe(false);
  const seen = actions(busy).length;
  await decide(one);
  await eventually(
    () => actions(busy).length > seen || events(busy).some(({ type }) => type === 'missed'),
  );
});

test('a key holds no more than 32, and may open another when one has ended', async () => {
  const one = await start();
  const readers = [];
  for (let i = 0; i < 32; i++) readers.push(await follow(one));
  const refused = await follow(one);
  expect(refused.response.statusCode).toBe(429);
  expect((await follow(one, '/v1/events', {}, one.adminKey)).response.statusCode).toBe(200);
  readers[0]?.response.destroy();
  await eventually(async () => (await follow(one)).response.statusCode === 200);
});

test.each(['-1', '1.5', 'x', '1 ', '99999999999999999999', '0x1'])(
  'Last-Event-ID %j is refused',
  async (id) => {
    const one = await start();
    const reader = await follow(one, '/v1/events', { 'last-event-id': id });
    expect(reader.response.statusCode).toBe(id === '1 ' ? 200 : 400);
  },
);
