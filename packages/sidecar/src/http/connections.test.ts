import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
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
  const size = 32 << 20;
  const server = createServer((_, response) => response.end(Buffer.alloc(size)));
  const connections = boundConnections(server, 10, false, 300);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const ask = () => {
    const socket = connect(port, '127.0.0.1').on('error', () => {});
    socket.write('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
    return socket.pause();
  };
  const never = ask();
  const slow = ask().on('readable', () => {});
  let got = 0;
  const reading = setInterval(() => {
    got += slow.read()?.length ?? 0;
  }, 5);
  await expect.poll(() => connections.size).toBe(1);
  expect(got).toBeLessThan(size);
  await expect.poll(() => got).toBeGreaterThan(size);
  clearInterval(reading);
  for (const socket of [never, slow]) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
});
