/** Ids of actions and grants: 128 random bits, from a pool so that one costs no call into the system. */
import { randomFillSync } from 'node:crypto';

const SIZE = 16;
const pool = Buffer.allocUnsafe(SIZE * 256);
let used = pool.length;

export const mintActionId = (): string => `act_${mint()}`;

export const mintGrantId = (): string => `grt_${mint()}`;

function mint(): string {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += SIZE;
  return pool.toString('base64url', used - SIZE, used);
}
