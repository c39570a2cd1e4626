// Where a client goes and which key it brings, from real directories and sockets: a key never leaves this machine by itself.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { discover } from './discover.ts';

const VARIABLES = ['PORTCULLIS_URL', 'PORTCULLIS_API_KEY', 'PORTCULLIS_DATA_DIR', 'XDG_STATE_HOME'];
const before = Object.fromEntries(VARIABLES.map((name) => [name, process.env[name]]));
let dir: string;
let server: Server | undefined;

beforeEach(() => {
  for (const name of VARIABLES) delete process.env[name];
  dir = mkdtempSync(join(tmpdir(), 'discover-'));
  process.env.PORTCULLIS_DATA_DIR = dir;
});
afterEach(async () => {
  await new Promise<void>((done) => (server ? server.close(() => done()) : done()));
  server = undefined;
  rmSync(dir, { recursive: true });
  for (const name of VARIABLES) {
    const value = before[name];
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
});

const withSocket = async () => {
  server = createServer();
  await new Promise<void>((done) => server?.listen(join(dir, 'portcullis.sock'), done));
};

test('the socket and the key of the data directory', async () => {
  await withSocket();
  writeFileSync(join(dir, 'api-key'), 'k-1\n');
  const target = await discover({});
  expect([target.socketPath, target.apiKey]).toEqual([join(dir, 'portcullis.sock'), 'k-1']);
});

test('the state directory where none is set', async () => {
  await withSocket();
  delete process.env.PORTCULLIS_DATA_DIR;
  process.env.XDG_STATE_HOME = join(dir, '..');
  await expect(discover({})).rejects.toMatchObject({ code: 'unavailable' });
});

test('without a socket nobody else gets the key of the directory', async () => {
  writeFileSync(join(dir, 'api-key'), 'k-1');
  await expect(discover({})).rejects.toMatchObject({ code: 'unavailable', retry: 'later' });
  writeFileSync(join(dir, 'portcullis.sock'), 'no socket');
  await expect(discover({})).rejects.toMatchObject({ code: 'unavailable' });
});

test('a key of its own goes to the default address', async () => {
  process.env.PORTCULLIS_API_KEY = 'k-env';
  const target = await discover({});
  expect([target.url.href, target.apiKey]).toEqual(['http://127.0.0.1:8787/', 'k-env']);
});

test('what is said goes before the environment, and that before the directory', async () => {
  await withSocket();
  process.env.PORTCULLIS_URL = 'http://127.0.0.1:9000';
  process.env.PORTCULLIS_API_KEY = 'k-env';
  expect((await discover({})).url.port).toBe('9000');
  const said = await discover({ url: 'http://[::1]:9001', apiKey: 'k-said' });
  expect([said.url.port, said.apiKey]).toEqual(['9001', 'k-said']);
  expect((await discover({ socketPath: '/run/p.sock' })).socketPath).toBe('/run/p.sock');
  expect((await discover({ url: 'unix:/run/p.sock' })).socketPath).toBe('/run/p.sock');
  expect((await discover({ url: 'unix:///run/p.sock' })).socketPath).toBe('/run/p.sock');
});

test('the key of the directory stays on this machine', async () => {
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, 'api-key'), 'k-1');
  expect((await discover({ url: 'http://localhost:1' })).apiKey).toBe('k-1');
  expect((await discover({ url: 'https://portcullis.example' })).apiKey).toBeUndefined();
  await expect(discover({ url: 'http://portcullis.example', apiKey: 'k' })).rejects.toThrow(
    TypeError,
  );
  await expect(discover({ url: 'http://127.0.0.1.evil.example' })).rejects.toThrow(TypeError);
});
