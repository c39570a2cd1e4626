/**
 * The recipe of docs/deployment.md for TLS, on the real command: a sidecar that takes client certificates only, a key that is one certificate's,
 * and both clients with it. Who has the key and not the certificate is nobody.
 */
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { connect } from '@portcullis/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Place, place } from '../../testing/run.ts';
import { type Serving, serve } from '../../testing/serving.ts';

const root = fileURLToPath(new URL('../../../../../', import.meta.url));
const at = (name: string): string => join(root, 'packages/sidecar/src/testing/fixtures/tls', name);
const pem = (name: string): string => readFileSync(at(name), 'utf8');
const run = promisify(execFile);

let here: Place;
let serving: Serving;
let bound: string;
let plain: string;
beforeAll(async () => {
  here = place();
  const tls = { cert: at('server.pem'), key: at('server.key'), client_ca: at('ca.pem') };
  writeFileSync(join(here.dir, 'portcullis.yaml'), JSON.stringify({ tls }), { mode: 0o600 });
  writeFileSync(join(here.dir, 'plain.yaml'), '{}', { mode: 0o600 });
  writeFileSync(join(here.dir, 'notes.txt'), 'remember the milk\n');
  serving = await serve(here);
  const create = async (...more: string[]): Promise<string> => {
    const rights = 'submit,explain,sessions:open';
    const made = await here.run([
      'keys',
      'create',
      '--principal',
      'bot',
      '--rights',
      rights,
      ...more,
    ]);
    expect([made.code, made.err]).toEqual([0, expect.stringContaining('bot')]);
    return made.out.trim();
  };
  bound = await create('--certificate', at('client.pem'));
  plain = await create();
});
afterAll(async () => {
  await serving.stop();
  await here.clear();
});

const own = { ca: pem('ca.pem'), cert: pem('client.pem'), key: pem('client.key') };
const stranger = { ca: pem('ca.pem'), cert: pem('stranger.pem'), key: pem('stranger.key') };

describe('the TypeScript client', () => {
  const open = (apiKey: string, tls?: object) =>
    connect({ url: serving.url, apiKey, timeout: 5_000, ...(tls === undefined ? {} : { tls }) });

  test('with its certificate it is this key', async () => {
    expect(serving.url).toMatch(/^https:/);
    for (const key of [bound, plain]) {
      const kernel = await open(key, own);
      const { outcome, frame } = await kernel.submit({ action: 'fs.read', resource: 'notes.txt' });
      expect([outcome.status, frame?.data]).toEqual(['ok', 'remember the milk\n']);
      await kernel.close();
    }
  });

  test.each([
    ['no certificate', { ca: own.ca }],
    ["a stranger's", stranger],
    ['no authority that vouches for the sidecar', { cert: own.cert, key: own.key }],
    ['nothing', undefined],
  ])('with %s it gets nowhere', async (_, tls) => {
    for (const key of [bound, plain])
      await expect(open(key, tls)).rejects.toMatchObject({ code: 'unavailable' });
  });

  test('what cannot be meant is said at once', async () => {
    await expect(open(bound, { ca: own.ca, cert: own.cert })).rejects.toThrow('tls.key');
    await expect(open(bound, { ca: 'ca.pem' })).rejects.toThrow('PEM');
    await expect(open(bound, { ...own, rejectUnauthorized: false })).rejects.toThrow('tls takes');
    await expect(connect({ url: 'http://127.0.0.1:1', tls: own })).rejects.toThrow('https');
    await expect(connect({ socketPath: '/tmp/x', tls: own })).rejects.toThrow('socket');
  });
});

const PYTHON = `
import ssl, sys
from portcullis import create_kernel
url, key, ca, cert, private = sys.argv[1:]
tls = ssl.create_default_context(cafile=ca)
if cert:
    tls.load_cert_chain(cert, private)
try:
    with create_kernel(url=url, api_key=key, tls=tls, timeout=5) as kernel:
        print(kernel.submit("fs.read", "notes.txt").data, end="")
except Exception as error:
    print(type(error).__name__)
`;

test('the Python client the same', async () => {
  const python = async (key: string, cert: string): Promise<string> => {
    const files = cert === '' ? ['', ''] : [at(`${cert}.pem`), at(`${cert}.key`)];
    const args = ['-c', PYTHON, serving.url, key, at('ca.pem'), ...files];
    const env = { ...process.env, PYTHONPATH: join(root, 'python') };
    return (await run('python3', args, { env })).stdout;
  };
  expect(await python(bound, 'client')).toBe('remember the milk\n');
  expect(await python(plain, 'client')).toBe('remember the milk\n');
  expect(await python(bound, '')).toBe('Unavailable\n');
  expect(await python(bound, 'stranger')).toBe('Unavailable\n');
});

test('the key of a certificate, stolen, opens nothing: the socket knows no certificates', async () => {
  const ran = await here.run(['submit', 'fs.read', 'notes.txt'], {
    env: { PORTCULLIS_API_KEY: bound },
  });
  expect([ran.code, ran.err]).toEqual([3, expect.stringContaining('unauthenticated')]);
  const fine = await here.run(['submit', 'fs.read', 'notes.txt'], {
    env: { PORTCULLIS_API_KEY: plain },
  });
  expect([fine.code, fine.out]).toEqual([0, 'remember the milk\n']);
});

test('off loopback there is nothing without TLS, and what is no certificate is usage', async () => {
  const open = await here.run(
    ['serve', '--host', '0.0.0.0', '--port', '0', '--data-dir', 'other'],
    {
      env: { PORTCULLIS_CONFIG: join(here.dir, 'plain.yaml') },
    },
  );
  expect(open.code).not.toBe(0);
  expect(open.err).toContain('tls');
  const made = await here.run([
    'keys',
    'create',
    '--principal',
    'x',
    '--certificate',
    at('client.key'),
  ]);
  expect([made.code, made.err]).toEqual([2, expect.stringContaining('--certificate')]);
});
