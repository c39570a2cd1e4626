/** Labels that were taken away, for reads that were under way: what a slow host read may be older than what lies there by now. */
import { join, type Labels, NONE, WORST } from './join.ts';

const KEPT = 128;

interface Taken {
  readonly key: readonly string[];
  readonly labels: Labels;
}

export class ClearedLabels {
  readonly #ring: Taken[] = [];
  #clock = 0;

  get clock(): number {
    return this.#clock;
  }

  note(key: readonly string[], labels: Labels): void {
    if (labels.length === 0) return;
    this.#ring[this.#clock++ % KEPT] = { key, labels };
  }

  /** Everything taken from there since; after too many, nobody knows. */
  since(clock: number, key: readonly string[]): Labels {
    if (this.#clock === clock) return NONE;
    if (this.#clock - clock > KEPT) return WORST;
    let found = NONE;
    for (let at = clock; at < this.#clock; at++) {
      const taken = this.#ring[at % KEPT] as Taken;
      if (meets(taken.key, key)) found = join(found, taken.labels);
    }
    return found;
  }
}

const meets = (a: readonly string[], b: readonly string[]): boolean => {
  const most = Math.min(a.length, b.length);
  for (let at = 0; at < most; at++) if (a[at] !== b[at]) return false;
  return true;
};
