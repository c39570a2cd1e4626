/**
 * Those who want to know what is over: one call at a time for each, in order, never inside a decision. A listener that throws is reported and
 * goes on; one too slow misses some and is told so.
 */
import type { InvalidationListener, InvalidationScope } from '@portcullis/wire';

/** Scopes that wait for one listener. */
const MOST = 1_024;

export class ListenerQueue {
  readonly #listener: InvalidationListener;
  readonly #report: (error: unknown) => void;
  readonly #waiting: InvalidationScope[] = [];
  #lost = 0;
  #running = false;
  #ended = false;

  constructor(listener: InvalidationListener, report: (error: unknown) => void) {
    this.#listener = listener;
    this.#report = report;
  }

  push(scope: InvalidationScope): void {
    if (this.#ended) return;
    if (this.#waiting.length >= MOST) {
      this.#lost += 1;
      return;
    }
    this.#waiting.push(scope);
    if (!this.#running) void this.#drain();
  }

  end(): void {
    this.#ended = true;
    this.#waiting.length = 0;
  }

  async #drain(): Promise<void> {
    this.#running = true;
    // Whoever caused this goes on first.
    await Promise.resolve();
    for (let scope = this.#waiting.shift(); scope !== undefined; scope = this.#waiting.shift()) {
      try {
        await this.#listener(scope);
      } catch (error) {
        this.#tell(error);
      }
      if (this.#lost > 0 && !this.#ended) {
        const lost = this.#lost;
        this.#lost = 0;
        this.#tell(new Error(`a listener was too slow for ${lost} invalidations: list them`));
      }
    }
    this.#running = false;
  }

  #tell(error: unknown): void {
    try {
      this.#report(error);
    } catch {
      // A report that fails has nobody left to tell.
    }
  }
}
