import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { takeEphemeralKey } from './ephemeral.ts';
import { newEphemeralKey } from './ephemeral-key.ts';
import { ringMemory, ringOver } from './ring.ts';

test('what is put in comes out once, in order, and is wiped', () => {
  const memory = ringMemory(4);
  const [writer, reader] = [ringOver(memory), ringOver(memory)];
  expect(reader.take()).toBeUndefined();
  for (let round = 0; round < 10; round++) {
    const keys = [newEphemeralKey(), newEphemeralKey(), newEphemeralKey()];
    for (const { seed, publicKey } of keys) writer.put(seed, publicKey);
    expect(keys.map(() => reader.take())).toEqual(keys);
    expect(reader.take()).toBeUndefined();
  }
  expect(new Uint8Array(memory, 8).every((byte) => byte === 0)).toBe(true);
});

test('a writer that sleeps on a full ring is woken, again and again', async () => {
  const memory = ringMemory(8);
  const maker = new URL('./key-maker.ts', import.meta.url);
  const worker = new Worker(maker, { workerData: memory });
  try {
    const reader = ringOver(memory);
    const seen = new Set<string>();
    const end = Date.now() + 60_000;
    while (seen.size < 200 && Date.now() < end) {
      const key = reader.take();
      if (key !== undefined) seen.add(key.seed.toString('hex'));
      else await new Promise((resolve) => setImmediate(resolve));
    }
    expect(seen.size).toBe(200);
  } finally {
    const ended = once(worker, 'exit');
    await worker.terminate();
    await ended;
  }
});

test('a key is there whether the thread has made one or not, and none comes twice', () => {
  const keys = Array.from({ length: 50 }, () => takeEphemeralKey().seed.toString('hex'));
  expect(new Set(keys).size).toBe(50);
});
