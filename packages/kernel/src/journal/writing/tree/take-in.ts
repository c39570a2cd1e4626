import { hash } from 'node:crypto';
import { BODY_AT, bodyLength } from '../../format/record.ts';
import type { Frontier } from '../../merkle/merkle.ts';

/** Takes records, as their leaves are hashed and one behind the other, from `bytes` up to `end` into the tree. */
export function takeIn(frontier: Frontier, bytes: Buffer, end: number): void {
  for (let at = 0; at < end; ) {
    const next = at + BODY_AT + bodyLength(bytes, at);
    frontier.push(hash('sha256', bytes.subarray(at, next), 'binary'));
    at = next;
  }
}
