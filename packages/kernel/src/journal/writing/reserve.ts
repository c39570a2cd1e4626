/**
 * Room for outcomes: a file of random bytes, so large that every journaled intent can still get its outcome written on
 * a disk that is full. When a write finds no room, the file gives up just as much as that write needs.
 */
import { randomFillSync } from 'node:crypto';
import { closeSync, constants, fstatSync, ftruncateSync, openSync, writeSync } from 'node:fs';

const BLOCK = 4_096;
const CHUNK = 1 << 20;
/** One group of records, of whatever kind, and a record of the largest size. */
const HEADROOM = (1 << 20) + (1 << 19);
/** Bytes kept for one outcome. */
export const OUTCOME_ROOM = 2_048;

export class Reserve {
  readonly #fd: number;
  readonly #limit: number;
  #size: number;
  #count = 0;

  /** `limit`: bytes the file may grow to. */
  constructor(path: string, limit: number) {
    const flags = constants.O_CREAT | constants.O_RDWR | (constants.O_NOFOLLOW ?? 0);
    this.#fd = openSync(path, flags, 0o600);
    this.#limit = Math.max(limit, HEADROOM + CHUNK);
    const stat = fstatSync(this.#fd);
    // A file with holes holds no room.
    const held = process.platform === 'win32' ? stat.size : Math.min(stat.size, stat.blocks * 512);
    this.#size = Math.floor(held / BLOCK) * BLOCK;
    if (this.#size !== stat.size) ftruncateSync(this.#fd, this.#size);
  }

  /** Outcomes that room is kept for. */
  get count(): number {
    return this.#count;
  }

  /** One more outcome. `limit`: more intents wait for theirs than room may be kept for. `full`: the disk has no room. */
  take(): 'taken' | 'limit' | 'full' {
    this.#count++;
    if (this.#needed <= this.#size || this.fill()) return 'taken';
    const answer = this.#target > this.#limit ? 'limit' : 'full';
    this.#count--;
    return answer;
  }

  drop(): void {
    if (this.#count > 0) this.#count--;
  }

  /** Grows the file to what is needed now; false where the disk or the limit does not allow it. */
  fill(): boolean {
    const target = this.#target;
    if (this.#size >= target) return true;
    if (target > this.#limit) return false;
    const block = randomFillSync(Buffer.allocUnsafe(CHUNK));
    try {
      while (this.#size < target) {
        let done = 0;
        const length = Math.min(CHUNK, target - this.#size);
        while (done < length) {
          done += writeSync(this.#fd, block, done, length - done, this.#size + done);
        }
        this.#size += length;
      }
      return true;
    } catch {
      this.#cut(this.#size);
      return false;
    }
  }

  /** Gives up room for a write of this many bytes; false where there is too little left. */
  give(bytes: number): boolean {
    const given = (Math.ceil(bytes / BLOCK) + 1) * BLOCK;
    if (this.#size === 0) return false;
    return this.#cut(Math.max(0, this.#size - given));
  }

  close(): void {
    closeSync(this.#fd);
  }

  get #needed(): number {
    return HEADROOM + this.#count * OUTCOME_ROOM;
  }

  get #target(): number {
    return Math.ceil(this.#needed / CHUNK) * CHUNK;
  }

  #cut(size: number): boolean {
    try {
      ftruncateSync(this.#fd, size);
      this.#size = size;
      return true;
    } catch {
      return false;
    }
  }
}

/** The disk, or this user's share of it, is full. */
export function isFull(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code;
  return code === 'ENOSPC' || code === 'EDQUOT';
}
