/** Ends the connection of a reader that takes nothing for too long, so that what waits for it does not pile up. */
import type { ServerResponse } from 'node:http';

export class StallWatch {
  readonly #outgoing: ServerResponse;
  readonly #after: number;
  #timer: NodeJS.Timeout | undefined;

  /** `after` in milliseconds. */
  constructor(outgoing: ServerResponse, after: number) {
    this.#outgoing = outgoing;
    this.#after = after;
  }

  /** Something was handed over; until `taken` the reader's time runs. */
  offered(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#outgoing.destroy(), this.#after).unref();
  }

  taken(): void {
    clearTimeout(this.#timer);
  }
}
