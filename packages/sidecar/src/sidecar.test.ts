/** The sidecar's life: what it listens on, whom it refuses to stand beside, and how it ends. */
import { existsSync, lstatSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import type { Provider } from '@portcullis/kernel';
import { afterEach, describe, expect, test } from 'vitest';
import { createSidecar } from './sidecar.ts';
import { open } from './testing/raw.ts';
import { eventually, type Running, running } from './testing/running.ts';

const all: Running[] = [];
const start = async (...args: Parameters<typeof running>) => {
  const one = await running(...args);
  all.push(one);
  return one;
};
afterEach(async () => {
  for (const one of all.splice(0)) await one.clear();
});

const viaSocket = (socketPath: string, path: string, key: string): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    const headers = { host: 'localhost', authorization: `Bearer ${key}` };
    request({ socketPath, path, headers }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on('error', reject)
      .end();
  });

describe('listening', () => {
  test('on loopback and on a socket for its owner only, the bearer asked on both', async () => {
    const one = await start();
    expect(one.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    const socket = one.socketPath as string;
    expect(socket).toBe(join(one.dataDir, 'portcullis.sock'));
    expect(lstatSync(socket).mode & 0o777).toBe(0o600);
    expect(lstatSync(one.dataDir).mode & 0o777).toBe(0o700);
    expect(await viaSocket(socket, '/v1/status', one.apiKey)).toBe(200);
    expect(await viaSocket(socket, '/v1/status', 'pcl_wrong')).toBe(401);
    expect(await viaSocket(socket, '/healthz', '')).toBe(200);
    expect((await one.ask('GET', '/v1/status')).status).toBe(200);
    expect((await one.ask('GET', '/v1/status', { key: undefined })).status).toBe(401);
  });

  test.each(['0.0.0.0', '', '::', '10.1.2.3', 'example.com'])(
    'not on %j without TLS, and nothing is left behind',
    async (hostname) => {
      await expect(createSidecar({ hostname, port: 0 }).listen()).rejects.toThrow('needs tls');
    },
  );

  test('nowhere with an option that is none, and no default in its place', () => {
    const make = (options: object) => () => createSidecar(options);
    expect(make({ hostnam: '::1' })).toThrow('did you mean hostname?');
    expect(make({ polcy: {} })).toThrow(
      'createSidecar has no option "polcy": did you mean policy?',
    );
  });

  test('a second sidecar on one data dir says so and stops; the first goes on', async () => {
    const one = await start();
    await expect(running({ dataDir: one.dataDir })).rejects.toMatchObject({
      code: 'already_running',
    });
    expect((await one.ask('GET', '/v1/status')).status).toBe(200);
    expect(existsSync(one.socketPath as string)).toBe(true);
  });

  test('a port that is taken is an error that lets go of the data dir', async () => {
    const one = await start();
    const two = await start({ port: 0 });
    const port = Number(new URL(one.url).port);
    const { dataDir } = two;
    await two.close();
    await expect(createSidecar({ port, dataDir }).listen()).rejects.toMatchObject({
      code: 'EADDRINUSE',
    });
    const again = await createSidecar({ port: 0, dataDir }).listen();
    await again.close();
  });

  test('keys outlive a restart', async () => {
    const one = await start();
    await one.close();
    const again = await start({ dataDir: one.dataDir });
    expect(again.firstKeys).toBeUndefined();
    expect((await again.ask('GET', '/v1/status', { key: one.apiKey })).status).toBe(200);
  });

  test('without a data dir: no socket, the keys in memory', async () => {
    const one = await createSidecar({ port: 0 }).listen();
    try {
      expect(one.socketPath).toBeUndefined();
      const headers = { authorization: `Bearer ${one.firstKeys?.apiKey}` };
      expect((await fetch(`${one.url}/v1/status`, { headers })).status).toBe(200);
    } finally {
      await one.close();
    }
  });
});

/** A provider whose one action ends when the test says so. */
function gated(): { readonly provider: Provider; readonly started: () => number; finish(): void } {
  let started = 0;
  let finish = () => {};
  const gate = new Promise<void>((resolve) => {
    finish = resolve;
  });
  return {
    started: () => started,
    finish: () => finish(),
    provider: {
      family: 'ok',
      actions: [
        { name: 'ok.slow', resource: 'other', params: { type: 'object' }, effect: 'write' },
      ],
      async execute() {
        started++;
        await gate;
        return { data: { done: true }, labels: [] };
      },
    },
  };
}

describe('ending', () => {
  test('what is under way finishes, what comes is refused, idle connections go', async () => {
    const slow = gated();
    const one = await start({ providers: [slow.provider] });
    const idle = open(one.url);
    const left = new Promise((resolve) => idle.once('close', resolve));
    const answer = one.ask('POST', '/v1/submit', { json: { action: 'ok.slow' } });
    await eventually(() => slow.started() === 1);
    const closing = one.close();
    expect(one.close()).toBe(closing);
    await left;
    slow.finish();
    expect(await answer).toMatchObject({ status: 200, body: { outcome: { status: 'ok' } } });
    await closing;
    await expect(fetch(`${one.url}/healthz`)).rejects.toThrow();
    expect(existsSync(one.socketPath as string)).toBe(false);
  });

  test('waits no longer than its deadline', async () => {
    const slow = gated();
    const one = await start({ providers: [slow.provider], limits: { drain: 100 } });
    const answer = one
      .ask('POST', '/v1/submit', { json: { action: 'ok.slow' } })
      .catch(() => 'cut');
    await eventually(() => slow.started() === 1);
    const closing = one.close();
    // Cut though what it asked for goes on.
    expect(await answer).toBe('cut');
    slow.finish();
    await closing;
  });

  test('a client that goes away leaves its outcome in the journal', async () => {
    const slow = gated();
    const one = await start({ providers: [slow.provider] });
    const gone = new AbortController();
    const answer = one.ask('POST', '/v1/submit', {
      json: { action: 'ok.slow' },
      signal: gone.signal,
    });
    await eventually(() => slow.started() === 1);
    gone.abort();
    await expect(answer).rejects.toThrow();
    slow.finish();
    await eventually(async () => {
      const { body } = await one.ask('GET', '/v1/journal?kind=outcome&action=ok.slow', {
        key: one.adminKey,
      });
      return body.records.length === 1 && body.records[0].status === 'ok';
    });
  });

  test('a client that goes away before its body is whole starts nothing', async () => {
    const slow = gated();
    const one = await start({ providers: [slow.provider] });
    const socket = open(one.url);
    const part = `POST /v1/submit HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${one.apiKey}\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{"action":"ok.slow"`;
    await new Promise((sent) => socket.write(part, sent));
    socket.destroy();
    await eventually(async () => {
      const { body } = await one.ask('GET', '/v1/journal?kind=system', { key: one.adminKey });
      return body.records.some((record: { code?: string }) => record.code === 'cancelled');
    });
    expect(slow.started()).toBe(0);
  });
});
