/** Keys on their way from the thread that makes them to the one that hands them out: one writer, one reader, memory that both see. */
const SLOT = 64;
const HALF = SLOT / 2;
const HEADER = 8;
/** Counts of slots ever written and ever read. */
const WRITTEN = 0;
const READ = 1;

export interface Ring {
  /** Waits for room. The writer's alone. */
  put(seed: Uint8Array, publicKey: Uint8Array): void;
  /** undefined where there is none yet. What was taken is wiped. The reader's alone. */
  take(): { readonly seed: Buffer; readonly publicKey: Buffer } | undefined;
}

export const ringMemory = (slots: number): SharedArrayBuffer =>
  new SharedArrayBuffer(HEADER + slots * SLOT);

export function ringOver(memory: SharedArrayBuffer): Ring {
  const counts = new Int32Array(memory, 0, 2);
  const bytes = new Uint8Array(memory, HEADER);
  const slots = bytes.length / SLOT;
  const slotOf = (count: number): Uint8Array => {
    const at = ((count >>> 0) % slots) * SLOT;
    return bytes.subarray(at, at + SLOT);
  };
  return {
    put(seed, publicKey) {
      const written = Atomics.load(counts, WRITTEN);
      for (;;) {
        const read = Atomics.load(counts, READ);
        if (((written - read) | 0) < slots) break;
        Atomics.wait(counts, READ, read);
      }
      const slot = slotOf(written);
      slot.set(seed);
      slot.set(publicKey, HALF);
      Atomics.store(counts, WRITTEN, (written + 1) | 0);
    },
    take() {
      const read = Atomics.load(counts, READ);
      const written = Atomics.load(counts, WRITTEN);
      if (written === read) return undefined;
      const slot = slotOf(read);
      const key = Buffer.allocUnsafe(SLOT);
      key.set(slot);
      slot.fill(0);
      Atomics.store(counts, READ, (read + 1) | 0);
      // The writer sleeps only on a full ring, and a wake-up costs as much as a third of a key: once, when it is half empty.
      if (((written - read - 1) | 0) === slots >> 1) Atomics.notify(counts, READ);
      return { seed: key.subarray(0, HALF), publicKey: key.subarray(HALF) };
    },
  };
}
