/**
 * Keys that sign the next block of a token, made ahead of time by a thread of their own: making one costs more than a signature. The thread
 * begins with the first key that is asked for, since most kernels never grant, and ends with the process. A key is handed out once.
 */
import { Worker } from 'node:worker_threads';
import { type EphemeralKey, newEphemeralKey } from './ephemeral-key.ts';
import { type Ring, ringMemory, ringOver } from './ring.ts';

const READY = 1_024;

let ring: Ring | undefined;

export function takeEphemeralKey(): EphemeralKey {
  ring ??= start();
  return ring.take() ?? newEphemeralKey();
}

function start(): Ring {
  const memory = ringMemory(READY);
  try {
    const options = { workerData: memory, resourceLimits: { maxOldGenerationSizeMb: 16 } };
    const worker = new Worker(new URL('./key-maker.ts', import.meta.url), options);
    // Without it keys are made where they are needed, which is slower and nothing else.
    worker.on('error', () => {});
    worker.unref();
  } catch {
    // The same.
  }
  return ringOver(memory);
}
