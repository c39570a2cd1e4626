/** What each of those who ask has of something that all share. */
import { mostForOne } from '../fair-share.ts';

export class FairShares {
  readonly #one: number;
  readonly #held = new Map<string, number>();
  #left: number;

  constructor(all: number) {
    this.#one = mostForOne(all);
    this.#left = all;
  }

  /** Whether there is room for so much more, of all and of this one's share. */
  fits(who: string, more: number): boolean {
    return more <= this.#left && (this.#held.get(who) ?? 0) + more <= this.#one;
  }

  /** Less than nothing gives back. */
  take(who: string, more: number): void {
    this.#left -= more;
    const held = (this.#held.get(who) ?? 0) + more;
    if (held === 0) this.#held.delete(who);
    else this.#held.set(who, held);
  }
}
