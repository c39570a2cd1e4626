/**
 * The snapshots at the boundaries of segments, put in place one after another while records go on: the next segment waits for no disk. Where more wait than
 * memory is kept for, the disk is slower than the records, and these wait for it.
 */
import { type WholeFile, writeWhole, writeWholeLater } from './place.ts';

/** Characters of snapshots that wait. */
const MAX_WAITING = 32 * 1024 * 1024;

export interface BoundaryHooks {
  /** A snapshot stands: what is before it may be dropped. Throws nothing. */
  placed(): void;
  failed(error: unknown): void;
}

export class Boundaries {
  readonly #hooks: BoundaryHooks;
  readonly #most: number;
  readonly #waiting: WholeFile[] = [];
  #size = 0;
  #running: Promise<void> | undefined = undefined;

  constructor(hooks: BoundaryHooks, most = MAX_WAITING) {
    this.#hooks = hooks;
    this.#most = most;
  }

  get busy(): boolean {
    return this.#running !== undefined;
  }

  add(snapshot: WholeFile): void {
    if (this.#size > this.#most) {
      this.#placeNow(snapshot);
      return;
    }
    this.#waiting.push(snapshot);
    this.#size += snapshot.text.length;
    this.#running ??= this.#run();
  }

  /** Resolves when nothing is under way. */
  async settled(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      try {
        await writeWholeLater(next);
        this.#hooks.placed();
      } catch (error) {
        this.#hooks.failed(error);
      }
      this.#size -= next.text.length;
    }
    this.#running = undefined;
  }

  #placeNow({ path, text }: WholeFile): void {
    try {
      writeWhole(path, text);
      this.#hooks.placed();
    } catch (error) {
      this.#hooks.failed(error);
    }
  }
}
