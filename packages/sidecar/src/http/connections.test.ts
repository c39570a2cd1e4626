import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { boundConnections } from './connections.ts';

test('a connection whose first answer is out and whose second request is under way is not idle', async () => {
  const waiting: ServerResponse[] = [];
  const server = createServer((_, response) => waiting.push(response));
  const connections = boundConnections(server, 10, false, 10_000);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const socket = connect(port, '127.0.0.1');
  let got = '';
  socket.on('data', (chunk) => {
    got += chunk.toString('latin1');
  });
  const closed = new Promise((resolve) => socket.once('close', resolve));
  const get = 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n';
  socket.write(get + get);
  await expect.poll(() => waiting.length).toBe(2);
  waiting[0]?.end('first');
  await expect.poll(() => got).toContain('first');
  connections.closeIdle();
  expect(connections.size).toBe(1);
  waiting[1]?.end('second');
  await expect.poll(() => got).toContain('second');
  connections.closeIdle();
  await closed;
  await expect.poll(() => connections.size).toBe(0);
  await new Promise((resolve) => server.close(resolve));
});

test('who does not read its answer loses its connection; who reads it slowly does not', async () => {
  const stall = 1_000;
  const size = 8 << 20;
  const server = createServer((_, response) => response.end(Buffer.alloc(size)));
  const connections = boundConnections(server, 10, false, stall);
  const dir = mkdtempSync(join(tmpdir(), 'portcullis-'));
  // TCP keeps megabytes for its reader, and tells the sender of them in large steps.
  const path = join(dir, 'socket');
  await new Promise<void>((resolve) => server.listen(path, resolve));
  const ask = () => {
    const socket = connect(path).on('error', () => {});
    socket.write('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
    return socket.pause();
  };
  const trial = async (): Promise<'read' | 'stood still'> => {
    const never = ask();
    const slow = ask().on('readable', () => {});
    let got = 0;
    let longest = 0;
    let last = performance.now();
    const read = () => {
      const now = performance.now();
      longest = Math.max(longest, now - last);
      last = now;
      got += slow.read()?.length ?? 0;
    };
    const slowly = setInterval(read, 50);
    await expect.poll(() => connections.size).toBe(2);
    await expect.poll(() => connections.size).toBeLessThan(2);
    const soFar = got;
    clearInterval(slowly);
    const quickly = setInterval(read, 1);
    await expect.poll(() => got > size || slow.destroyed).toBe(true);
    clearInterval(quickly);
    never.destroy();
    slow.destroy();
    await expect.poll(() => connections.size).toBe(0);
    // A process that itself stood still for so long did not read either.
    if (got < size && longest >= stall / 2) return 'stood still';
    expect(soFar).toBeLessThan(size);
    expect(got).toBeGreaterThan(size);
    return 'read';
  };
  while ((await trial()) === 'stood still');
  await new Promise((resolve) => server.close(resolve));
  rmSync(dir, { recursive: true });
});
