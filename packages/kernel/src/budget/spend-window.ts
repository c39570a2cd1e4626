/**
 * What was spent on one key, in time order: an exact sliding window. Beside each time stands the sum of all up to it, so that asking costs the same however
 * much was spent in how small pieces.
 */
import { firstWhere } from '../first-where.ts';

/** Spending is kept so much longer than its window, for a clock that is set back. Milliseconds. */
const SLACK = 60_000;

export class SpendWindow {
  /** Ascending, each time once, from `#head` on; before that, what the window does not count any more. */
  #at: number[] = [];
  /** The sum of all amounts up to the time at the same place. */
  #upTo: number[] = [];
  #head = 0;

  /** Spent later than `time`; what is stamped later than now, for a clock was set back, counts. */
  sumAfter(time: number): number {
    return this.#before(this.#at.length) - this.#before(this.#after(time));
  }

  add(at: number, amount: number): void {
    const after = this.#after(at);
    if (after > this.#head && this.#at[after - 1] === at) {
      this.#change(after - 1, amount);
      return;
    }
    if (after === this.#at.length) {
      this.#upTo.push(this.#before(after));
      this.#at.push(at);
    } else {
      this.#upTo.splice(after, 0, this.#before(after));
      this.#at.splice(after, 0, at);
    }
    this.#change(after, amount);
  }

  giveBack(at: number, amount: number): void {
    const place = this.#after(at) - 1;
    if (place >= this.#head && this.#at[place] === at) this.#change(place, -amount);
  }

  /** Lets go of what the window does not count any more. */
  drop(now: number, window: number): void {
    this.#head = this.#after(now - window - SLACK);
    if (this.#head <= 64 || this.#head * 2 <= this.#at.length) return;
    const gone = this.#before(this.#head);
    this.#at = this.#at.slice(this.#head);
    this.#upTo = this.#upTo.slice(this.#head).map((sum) => sum - gone);
    this.#head = 0;
  }

  get empty(): boolean {
    return this.#head === this.#at.length;
  }

  /** Milliseconds until no more than `room` is left of what the window counts now. */
  wait(now: number, window: number, room: number): number {
    const all = this.#before(this.#at.length);
    const first = firstWhere(
      this.#after(now - window),
      this.#at.length,
      (place) => all - (this.#upTo[place] as number) <= room,
    );
    const at = this.#at[first];
    return at === undefined ? 0 : at + window - now;
  }

  *entries(): Generator<[at: number, amount: number]> {
    for (let place = this.#head; place < this.#at.length; place++) {
      const amount = this.#before(place + 1) - this.#before(place);
      if (amount > 0) yield [this.#at[place] as number, amount];
    }
  }

  /** The sum of all that stand before this place. */
  #before(place: number): number {
    return place === 0 ? 0 : (this.#upTo[place - 1] as number);
  }

  #change(from: number, amount: number): void {
    for (let place = from; place < this.#upTo.length; place++)
      this.#upTo[place] = (this.#upTo[place] as number) + amount;
  }

  /** Index of the first that is later than `time`. */
  #after(time: number): number {
    return firstWhere(this.#head, this.#at.length, (place) => (this.#at[place] as number) > time);
  }
}
