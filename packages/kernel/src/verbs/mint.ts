/** Ids of actions: 128 random bits, from a pool so that one costs no call into the system. */
import { randomFillSync } from 'node:crypto';

const SIZE = 16;
const pool = Buffer.allocUnsafe(SIZE * 256);
let used = pool.length;

export function mintActionId(): string {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += SIZE;
  return `act_${pool.toString('base64url', used - SIZE, used)}`;
}
