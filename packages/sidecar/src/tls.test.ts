/** TLS and client certificates: off loopback only with them, a certificate bound to one key. */
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { type Running, running } from './testing/running.ts';

const pem = (name: string) =>
  readFileSync(fileURLToPath(new URL(`./testing/fixtures/tls/${name}`, import.meta.url)));
const server = { cert: pem('server.pem'), key: pem('server.key') };
const client = { cert: pem('client.pem'), key: pem('client.key') };
const fingerprint = new X509Certificate(client.cert).fingerprint256
  .replaceAll(':', '')
  .toLowerCase();

let one: Running | undefined;
afterEach(async () => {
  await one?.clear();
  one = undefined;
});

function ask(
  url: string,
  key: string | undefined,
  certificate: object = {},
): Promise<number | string> {
  const { port } = new URL(url);
  return new Promise((resolve) => {
    const headers = key === undefined ? {} : { authorization: `Bearer ${key}` };
    request(
      { host: '127.0.0.1', port, path: '/v1/status', headers, ca: pem('ca.pem'), ...certificate },
      (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      },
    )
      .on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
      .end();
  });
}

test('TLS serves the same routes, off loopback too', async () => {
  one = await running({ tls: server, hostname: '0.0.0.0' });
  expect(one.url).toMatch(/^https:/);
  expect(await ask(one.url, one.apiKey)).toBe(200);
  expect(await ask(one.url, undefined)).toBe(401);
  await expect(fetch(one.url.replace('https', 'http'))).rejects.toThrow();
});

test('with client authorities, nobody comes in without a certificate of theirs', async () => {
  one = await running({ tls: { ...server, clientCa: pem('ca.pem') } });
  const { key } = one.keys.create('default', {
    principal: { id: 'x' },
    rights: [],
    certificate: fingerprint,
  });
  expect(await ask(one.url, one.apiKey)).toEqual(expect.any(String));
  expect(
    await ask(one.url, one.apiKey, { cert: pem('stranger.pem'), key: pem('stranger.key') }),
  ).toEqual(expect.any(String));
  expect(await ask(one.url, one.apiKey, client)).toBe(200);
  expect(await ask(one.url, key, client)).toBe(200);
  expect(await ask(one.url, undefined, client)).toBe(200);
  // The key's text alone is not the key: the unix socket knows no certificates.
  expect(await ask(one.url, 'pcl_wrong', client)).toBe(401);
});

test('a certificate bound to no key is nobody', async () => {
  one = await running({ tls: { ...server, clientCa: pem('ca.pem') } });
  expect(await ask(one.url, undefined, client)).toBe(401);
});

test('crowds under TLS are bounded as well', async () => {
  one = await running({ tls: server, limits: { connections: 5 } });
  const { connect } = await import('node:net');
  const port = Number(new URL(one.url).port);
  const crowd = Array.from({ length: 50 }, () =>
    connect({ host: '127.0.0.1', port }).on('error', () => {}),
  );
  expect(await ask(one.url, one.apiKey)).toBe(200);
  for (const socket of crowd) socket.destroy();
});
