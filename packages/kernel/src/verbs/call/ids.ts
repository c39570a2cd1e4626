/** Ids of actions and grants: 128 random bits, from a pool so that one costs no call into the system. */
import { randomFillSync } from 'node:crypto';

/** Four digits of base64url, and before the random bytes: an id is made in one piece. */
const PREFIX = 3;
const ACTION = Buffer.from('act_', 'base64url');
const GRANT = Buffer.from('grt_', 'base64url');

const SIZE = PREFIX + 16;
/** So large that filling it, which takes long each time for it is seldom, is little of what an id costs. */
const pool = Buffer.allocUnsafe(SIZE * 1_024);
let used = pool.length;

export const mintActionId = (): string => mint(ACTION);

export const mintGrantId = (): string => mint(GRANT);

function mint(prefix: Buffer): string {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  for (let at = 0; at < PREFIX; at++) pool[used + at] = prefix[at] as number;
  used += SIZE;
  return pool.toString('base64url', used - SIZE, used);
}
