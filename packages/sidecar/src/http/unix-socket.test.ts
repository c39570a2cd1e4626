import { spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { claimSocketPath } from './unix-socket.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'portcullis-sock-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

test('a directory is made for its owner only', async () => {
  await claimSocketPath(join(dir, 'new', 'a.sock'));
  expect(existsSync(join(dir, 'new'))).toBe(true);
  await expect(claimSocketPath(join(dir, 'new', 'a.sock'))).resolves.toBeUndefined();
});

test('a directory that others can enter, a link or a file in its place is refused', async () => {
  mkdirSync(join(dir, 'open'));
  chmodSync(join(dir, 'open'), 0o755);
  await expect(claimSocketPath(join(dir, 'open', 'a.sock'))).rejects.toThrow('closed to others');
  symlinkSync(dir, join(dir, 'link'));
  await expect(claimSocketPath(join(dir, 'link', 'a.sock'))).rejects.toThrow('not a directory');
  writeFileSync(join(dir, 'a.sock'), 'mine');
  await expect(claimSocketPath(join(dir, 'a.sock'))).rejects.toThrow('not a socket');
  expect(existsSync(join(dir, 'a.sock'))).toBe(true);
});

test('a path that the kernel would cut short is refused', async () => {
  await expect(claimSocketPath(join(dir, 'x'.repeat(100)))).rejects.toThrow('longer than');
});

test('a live socket is refused, a dead one replaced', async () => {
  const path = join(dir, 'a.sock');
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(path, resolve));
  await expect(claimSocketPath(path)).rejects.toMatchObject({ code: 'already_running' });
  await new Promise((resolve) => server.close(resolve));

  const script = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
  await new Promise((resolve) => spawn(process.execPath, ['-e', script]).once('exit', resolve));
  expect(existsSync(path)).toBe(true);
  await claimSocketPath(path);
  expect(existsSync(path)).toBe(false);
});
