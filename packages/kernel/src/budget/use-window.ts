/**
 * Uses of one key in time order: an exact sliding window of any length. It keeps what its longest window still counts, and drops the
 * rest as it goes.
 */
import { firstWhere } from '../first-where.ts';

/** Uses are kept so much longer than a window needs, for a clock that is set back. Milliseconds. */
const SLACK = 60_000;

export class UseWindow {
  /** Ascending, from `#head` on; before that, uses that no window counts any more. */
  #at: number[] = [];
  #head = 0;
  /** The longest window asked for, in milliseconds. */
  #window = 0;

  /** Uses later than `now - window`. One stamped after `now`, for a clock was set back, counts. */
  count(now: number, window: number): number {
    return this.#at.length - this.#after(now - window);
  }

  add(at: number, now: number, window: number): void {
    if (window > this.#window) this.#window = window;
    this.#drop(now);
    let index = this.#at.length;
    while (index > this.#head && (this.#at[index - 1] as number) > at) index--;
    if (index === this.#at.length) this.#at.push(at);
    else this.#at.splice(index, 0, at);
  }

  /** Takes one use of that time back. */
  remove(at: number): void {
    const index = this.#at.lastIndexOf(at);
    if (index >= this.#head) this.#at.splice(index, 1);
  }

  /** Milliseconds until fewer than `max` uses are in the window; 0 where they are fewer now. */
  wait(now: number, max: number, window: number): number {
    const blocking = this.#at[this.#at.length - max];
    if (this.count(now, window) < max || blocking === undefined) return 0;
    return blocking + window - now;
  }

  /** No window counts any of it. */
  isIdle(now: number): boolean {
    this.#drop(now);
    return this.#head === this.#at.length;
  }

  get window(): number {
    return this.#window;
  }

  get uses(): readonly number[] {
    return this.#at.slice(this.#head);
  }

  #drop(now: number): void {
    this.#head = this.#after(now - this.#window - SLACK);
    if (this.#head > 64 && this.#head * 2 > this.#at.length) {
      this.#at = this.#at.slice(this.#head);
      this.#head = 0;
    }
  }

  /** Index of the first use later than `time`. */
  #after(time: number): number {
    return firstWhere(this.#head, this.#at.length, (place) => (this.#at[place] as number) > time);
  }
}
