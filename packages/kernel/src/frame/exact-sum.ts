/**
 * The sum of doubles, rounded once: the same for every order of the numbers (J. Shewchuk, Adaptive Precision Floating-Point
 * Arithmetic, 1997). Partial sums that do not overlap are few, so time grows with the count.
 */
export class ExactSum {
  /** Each below the next by more than its precision. */
  readonly #partials: number[] = [];
  /** Of whole numbers, as long as doubles say it exactly: most numbers are such, and need no partial sums. */
  #whole = 0;

  add(value: number): void {
    const whole = this.#whole + value;
    if (Number.isSafeInteger(whole) && Number.isInteger(value)) this.#whole = whole;
    else this.#addPart(value);
  }

  #addPart(value: number): void {
    const partials = this.#partials;
    let kept = 0;
    let x = value;
    for (let at = 0; at < partials.length; at++) {
      let y = partials[at] as number;
      if (Math.abs(x) < Math.abs(y)) {
        const less = x;
        x = y;
        y = less;
      }
      const high = x + y;
      const low = y - (high - x);
      if (low !== 0) partials[kept++] = low;
      x = high;
    }
    partials[kept++] = x;
    // A list that is cut and pushed to is made anew each time.
    if (kept < partials.length) partials.length = kept;
  }

  get value(): number {
    if (this.#whole !== 0) {
      this.#addPart(this.#whole);
      this.#whole = 0;
    }
    const partials = this.#partials;
    let at = partials.length - 1;
    if (at < 0) return 0;
    let high = partials[at] as number;
    let low = 0;
    while (at > 0) {
      const x = high;
      const y = partials[--at] as number;
      high = x + y;
      low = y - (high - x);
      if (low !== 0) break;
    }
    // Half way between two doubles, the partial below says to which side.
    const below = at > 0 ? (partials[at - 1] as number) : 0;
    if ((low < 0 && below < 0) || (low > 0 && below > 0)) {
      const doubled = low * 2;
      const rounded = high + doubled;
      if (doubled === rounded - high) return rounded;
    }
    return high;
  }
}
