/**
 * A call whose answer is frames: it runs by itself from the first frame that is asked for, at the pace of who reads, and its outcome is recorded
 * whether anybody reads to the end or not. Who leaves ends the call: the provider is told, and that is its outcome.
 */
import type { Frame, Result, StreamFrame } from '@portcullis/wire';
import type { FrameSink, ShownPiece } from './streamed.ts';

type Run = (sink: FrameSink, signal: AbortSignal) => Promise<Result>;

/** Runs at most once: who iterates again gets what is left. */
export function frameStream(run: Run): AsyncIterable<StreamFrame> {
  const stream = new FrameStream(run);
  return Object.freeze({ [Symbol.asyncIterator]: () => stream });
}

class FrameStream implements AsyncIterator<StreamFrame, undefined>, FrameSink {
  readonly #run: Run;
  readonly #leave = new AbortController();
  #running: Promise<void> | undefined;
  /** One waits, so that nothing piles up; at the end a few do, so that nobody who reads slowly, or not at all, keeps the outcome from its record. */
  readonly #ready: StreamFrame[] = [];
  #hurries = false;
  #failure: { readonly error: unknown } | undefined;
  #ended = false;
  #count = 0;
  #changed: (() => void)[] = [];

  constructor(run: Run) {
    this.#run = run;
  }

  get count(): number {
    return this.#count;
  }

  get #left(): boolean {
    return this.#leave.signal.aborted;
  }

  // ---- who reads

  async next(): Promise<IteratorResult<StreamFrame, undefined>> {
    if (!this.#left) this.#running ??= this.#start();
    for (;;) {
      if (this.#left) return DONE;
      const frame = this.#ready.shift();
      if (frame !== undefined) {
        this.#tell();
        return { done: false, value: frame };
      }
      if (this.#failure !== undefined) {
        const { error } = this.#failure;
        this.#failure = undefined;
        throw error;
      }
      if (this.#ended) return DONE;
      await this.#change();
    }
  }

  /** Answers when the outcome is recorded. */
  async return(): Promise<IteratorResult<StreamFrame, undefined>> {
    this.#leave.abort();
    this.#ready.length = 0;
    this.#tell();
    await this.#running;
    return DONE;
  }

  async throw(error?: unknown): Promise<IteratorResult<StreamFrame, undefined>> {
    await this.return();
    throw error;
  }

  // ---- who runs

  async put(frame: ShownPiece): Promise<void> {
    this.#offer(Object.freeze({ ...frame, seq: this.#count++, final: false }));
    while (this.#ready.length > 0 && !this.#hurries && !this.#left) await this.#change();
  }

  hurry(): void {
    this.#hurries = true;
    this.#tell();
  }

  #offer(frame: StreamFrame): void {
    if (this.#left) return;
    this.#ready.push(frame);
    this.#tell();
  }

  async #start(): Promise<void> {
    try {
      const { frame, ...result } = await this.#run(this, this.#leave.signal);
      const last = { ...(frame ?? EMPTY), seq: this.#count, final: true, result };
      this.#offer(Object.freeze(last));
    } catch (error) {
      this.#failure = { error };
    } finally {
      this.#ended = true;
      this.#tell();
    }
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#changed.push(resolve));
  }

  #tell(): void {
    for (const changed of this.#changed.splice(0)) changed();
  }
}

const DONE = Object.freeze({ done: true, value: undefined });
const EMPTY: Frame = Object.freeze({
  data: null,
  labels: Object.freeze([]),
  notes: Object.freeze([]),
  bytes: 0,
});
