/** Reads a file line by line in bounded pieces: a huge file costs one buffer, an endless line is an end, what is no file is an error. */
import { closeSync, readSync } from 'node:fs';
import { openRegular } from '../../store/regular-file.ts';
import { MAX_RECORD } from './format.ts';

const CHUNK = 256 * 1024;

/** buffer[start, end) is the line without its break, at `offset` in the file. `false` stops before the next line. */
export type VisitLine = (buffer: Buffer, start: number, end: number, offset: number) => unknown;

export class LineReader {
  readonly #fd: number;
  /** Grows where a line is long. */
  #buffer: Buffer = Buffer.allocUnsafeSlow(2 * CHUNK);
  /** Bytes of the buffer in use, all of one unfinished line. */
  #held = 0;
  /** File offset of the first byte in the buffer. */
  #offset: number;
  #done = false;

  constructor(path: string, from = 0) {
    this.#fd = openRegular(path);
    this.#offset = from;
  }

  /** Offset of the first byte that belongs to no line visited yet. */
  get offset(): number {
    return this.#offset;
  }

  /** At the end: the bytes after the last line break, at most MAX_RECORD of them. */
  get rest(): Buffer {
    return this.#buffer.subarray(0, this.#held);
  }

  /** Reads one piece and visits the lines that are whole; false at the end of the file, after a stop, or where a line is too long. */
  step(visit: VisitLine): boolean {
    if (this.#done) return false;
    if (this.#held + CHUNK > this.#buffer.length) this.#grow();
    const buffer = this.#buffer;
    const read = readSync(this.#fd, buffer, this.#held, CHUNK, this.#offset + this.#held);
    if (read === 0) {
      this.#done = true;
      return false;
    }
    const end = this.#held + read;
    let start = 0;
    let from = this.#held;
    for (;;) {
      const at = buffer.indexOf(10, from);
      if (at < 0 || at >= end) break;
      const stop = visit(buffer, start, at, this.#offset + start) === false;
      start = at + 1;
      from = start;
      if (stop) {
        this.#done = true;
        break;
      }
    }
    buffer.copyWithin(0, start, end);
    this.#held = end - start;
    this.#offset += start;
    if (this.#held > MAX_RECORD) this.#done = true;
    return !this.#done;
  }

  close(): void {
    closeSync(this.#fd);
  }

  #grow(): void {
    const larger = Buffer.allocUnsafeSlow(Math.min(this.#buffer.length * 2, MAX_RECORD + CHUNK));
    this.#buffer.copy(larger, 0, 0, this.#held);
    this.#buffer = larger;
  }
}
