/**
 * The segment that is written: whole groups of lines or nothing. A write that fails half-way is cut back to the last
 * whole line; where even that fails the segment is broken, and only opening the journal again repairs it.
 */
import {
  closeSync,
  constants,
  fdatasync,
  fdatasyncSync,
  ftruncateSync,
  openSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { segmentName } from '../format/format.ts';
import { inDirectory } from './place.ts';

export class SegmentWriter {
  /** Seq of the first record. */
  readonly first: number;
  readonly #fd: number;
  #offset: number;
  #broken = false;
  #syncing = 0;
  /** Bytes that the newest sync covers, or will. */
  #covered: number;
  #retired = false;

  private constructor(fd: number, first: number, offset: number) {
    this.#fd = fd;
    this.first = first;
    this.#offset = offset;
    this.#covered = offset;
  }

  /** A new, empty segment, whose name survives power loss. Throws where there is a file of its name, and then leaves none behind. */
  static create(dir: string, first: number): SegmentWriter {
    const path = join(dir, segmentName(first));
    const flags = constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY;
    return inDirectory(dir, (sync) => {
      const fd = openSync(path, flags, 0o600);
      try {
        sync();
      } catch (error) {
        // INVARIANT: records go on in the old segment, and an empty one with their number would read as tampering.
        closeSync(fd);
        rmSync(path, { force: true });
        throw error;
      }
      return new SegmentWriter(fd, first, 0);
    });
  }

  /** Goes on with a segment at `offset`, and cuts off what stands behind it. */
  static resume(dir: string, first: number, offset: number): SegmentWriter {
    const path = join(dir, segmentName(first));
    const fd = openSync(path, constants.O_WRONLY | (constants.O_NOFOLLOW ?? 0));
    ftruncateSync(fd, offset);
    return new SegmentWriter(fd, first, offset);
  }

  get offset(): number {
    return this.#offset;
  }

  /** Bytes written since the newest sync began. */
  get unsynced(): number {
    return this.#offset - this.#covered;
  }

  get broken(): boolean {
    return this.#broken;
  }

  /** All bytes or, after an exception of the system, none. */
  write(buffer: Buffer, length: number): void {
    let done = 0;
    try {
      while (done < length) {
        done += writeSync(this.#fd, buffer, done, length - done, this.#offset + done);
      }
    } catch (error) {
      try {
        ftruncateSync(this.#fd, this.#offset);
      } catch {
        this.#broken = true;
      }
      throw error;
    }
    this.#offset += length;
  }

  /** Calls back when what was written before the call survives power loss. */
  sync(done: (error: Error | null) => void): void {
    this.#syncing++;
    this.#covered = this.#offset;
    fdatasync(this.#fd, (error) => {
      this.#syncing--;
      if (this.#retired && this.#syncing === 0) closeSync(this.#fd);
      done(error);
    });
  }

  syncNow(): void {
    this.#covered = this.#offset;
    fdatasyncSync(this.#fd);
  }

  /** Closes the file once no sync is under way. */
  retire(): void {
    if (this.#retired) return;
    this.#retired = true;
    if (this.#syncing === 0) closeSync(this.#fd);
  }
}
