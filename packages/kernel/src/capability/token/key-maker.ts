/**
 * The thread that makes ephemeral keys ahead of time: fills the ring that its parent empties, and sleeps while it is full. Its whole life is
 * that; it is given nothing but the ring.
 */
import { workerData } from 'node:worker_threads';
import { newEphemeralKey } from './ephemeral-key.ts';
import { type Ring, ringOver } from './ring.ts';

const ring: Ring = ringOver(workerData as SharedArrayBuffer);
for (;;) {
  const { seed, publicKey } = newEphemeralKey();
  ring.put(seed, publicKey);
}
