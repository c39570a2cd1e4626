/** A rate per key, as the generic cell rate algorithm: one number of state, exact refill, bursts up to `max`. */
import type { KeyRate } from '../schema/key.ts';

export class RateLimit {
  readonly #interval: number;
  readonly #burst: number;
  /** When the next request would be wholly paid for, in milliseconds. */
  #arrival = 0;

  constructor(rate: KeyRate) {
    this.#interval = (rate.per_seconds * 1000) / rate.max;
    this.#burst = rate.per_seconds * 1000;
  }

  /**
   * Takes `cost` requests, or none: 0 when taken, else the milliseconds until they fit. A cost above the burst never
   * fits whole; it is taken when the bucket is full and paid off afterwards.
   */
  take(now: number, cost = 1): number {
    const arrival = Math.max(this.#arrival, now);
    const need = Math.min(cost * this.#interval, this.#burst);
    const wait = arrival + need - (now + this.#burst);
    // A millionth of a millisecond, so that sums of fractions do not refuse the last of a burst.
    if (wait > 1e-6) return wait;
    this.#arrival = arrival + cost * this.#interval;
    return 0;
  }
}
