/** Random bytes from a pool: to ask the system for a few costs as much as for thousands. Each is given once. */
import { randomFillSync } from 'node:crypto';

const pool = Buffer.alloc(4_096);
let used = pool.length;

/** At most as many as the pool has. */
export function randomPart(bytes: number): Buffer {
  const start = taken(bytes);
  return Buffer.from(pool.subarray(start, start + bytes));
}

/** 128 random bits, in base64url. */
export function randomText(): string {
  const start = taken(16);
  return pool.toString('base64url', start, start + 16);
}

function taken(bytes: number): number {
  if (bytes > pool.length) throw new Error('more than the pool has');
  if (used + bytes > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += bytes;
  return used - bytes;
}
