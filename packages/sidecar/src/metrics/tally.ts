/** Counts kept in plain numbers until they are read: a registry told of each one costs more than the authentication does. */
import type { Counter } from 'prom-client';

export class Tally {
  readonly #counter: Counter.Internal;
  #since = 0;

  constructor(counter: Counter.Internal) {
    this.#counter = counter;
  }

  add(): void {
    this.#since += 1;
  }

  tell(): void {
    if (this.#since > 0) this.#counter.inc(this.#since);
    this.#since = 0;
  }
}

/** A counter with two labels, each value of which is known: what is not counts as `other`, and nothing a request says can make this grow. */
export class LabelledTally {
  readonly #counter: Counter;
  readonly #firsts: ReadonlySet<string>;
  readonly #isSecond: (value: string) => boolean;
  readonly #tallies = new Map<string, Map<string, Tally>>();

  constructor(counter: Counter, firsts: ReadonlySet<string>, isSecond: (value: string) => boolean) {
    this.#counter = counter;
    this.#firsts = firsts;
    this.#isSecond = isSecond;
  }

  add(first: string, second: string): void {
    const known = this.#tallies.get(first)?.get(second);
    if (known !== undefined) known.add();
    else this.#of(first, second).add();
  }

  tell(): void {
    for (const tallies of this.#tallies.values())
      for (const tally of tallies.values()) tally.tell();
  }

  #of(given: string, besides: string): Tally {
    const first = this.#firsts.has(given) ? given : 'other';
    const second = this.#isSecond(besides) ? besides : 'other';
    const seconds = this.#tallies.get(first) ?? new Map<string, Tally>();
    const tally = seconds.get(second) ?? new Tally(this.#counter.labels(first, second));
    this.#tallies.set(first, seconds.set(second, tally));
    return tally;
  }
}
