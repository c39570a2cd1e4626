/** An export is under way for as long as it is read, and no longer. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { open } from '../testing/raw.ts';
import { eventually, type Running, running } from '../testing/running.ts';

let one: Running;
beforeAll(async () => {
  one = await running({ limits: { connections: 16 } });
  const key = one.keyWith(['decide']);
  const asked = { action: 'ok.do', resource: 'r'.repeat(900), execution: 'none' };
  for (let i = 0; i < 20; i++) {
    const batch = Array.from({ length: 1_000 }, () => asked);
    expect((await one.ask('POST', '/v1/decide', { key, json: batch })).status).toBe(200);
  }
});
afterAll(() => one.clear());

test('those that are read slowly leave places for others, and give theirs back', async () => {
  const key = one.keyWith(['explain', 'journal']);
  const sockets = Array.from({ length: 14 }, () => open(one.url).pause());
  for (const socket of sockets)
    socket.write(
      `GET /v1/journal/export HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${key}\r\n\r\n`,
    );
  const status = async (of: string) => (await one.ask('GET', '/v1/status', { key: of })).status;
  await eventually(async () => (await status(key)) === 429);
  expect(await status(one.keyWith(['explain']))).toBe(200);
  for (const socket of sockets) socket.destroy();
  await eventually(async () => (await status(key)) === 200);
  const { text } = await one.ask('GET', '/v1/journal/export', { key });
  expect(text.split('\n').length).toBeGreaterThan(20_000);
  for (let i = 0; i < 20; i++) expect(await status(key)).toBe(200);
});
