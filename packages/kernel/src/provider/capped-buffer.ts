/** What comes in pieces, whole, up to a cap. */

const FIRST = 16 * 1024;

/** One buffer that grows by doubling: a body in chunks of one byte takes no more than one in large ones. */
export class CappedBuffer {
  readonly #cap: number;
  readonly #grows: (bytes: number) => void;
  #buffer: Buffer = Buffer.alloc(0);
  #length = 0;

  /** `grows`: asked for so many bytes more, and may throw. */
  constructor(cap: number, grows: (bytes: number) => void = () => {}) {
    this.#cap = cap;
    this.#grows = grows;
  }

  get bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  /** False where that was more than the cap; what fits is kept. */
  add(chunk: Buffer): boolean {
    const end = Math.min(this.#length + chunk.length, this.#cap);
    if (end > this.#buffer.length) this.#grow(end);
    chunk.copy(this.#buffer, this.#length, 0, end - this.#length);
    const fits = this.#length + chunk.length <= this.#cap;
    this.#length = end;
    return fits;
  }

  #grow(least: number): void {
    const size = Math.min(this.#cap, Math.max(least, FIRST, this.#buffer.length * 2));
    this.#grows(size - this.#buffer.length);
    const larger = Buffer.allocUnsafeSlow(size);
    this.#buffer.copy(larger, 0, 0, this.#length);
    this.#buffer = larger;
  }
}
