/** What one evaluation knows of rates: each count asked for once, a store that fails or throws known as one that did not answer. */
import type { RateUse } from '../gate/guard.ts';
import type { RateStore } from './types.ts';

export class RateLookup {
  readonly #store: RateStore;
  readonly #now: number;
  #known: Map<string, number | undefined> | undefined = undefined;
  #pending: Promise<unknown>[] | undefined = undefined;

  constructor(store: RateStore, now: number) {
    this.#store = store;
    this.#now = now;
  }

  /** Uses in the window before this one; undefined where the store does not answer, or has not answered yet. */
  count({ key, window }: RateUse): number | undefined {
    if (this.#known?.has(key)) return this.#known.get(key);
    let count: number | undefined;
    try {
      const answer = this.#store.count(key, this.#now, window);
      if (answer instanceof Promise) {
        this.#pending ??= [];
        this.#pending.push(
          answer.then(
            (settled) => this.#learn(key, settled),
            () => this.#learn(key, undefined),
          ),
        );
      } else {
        count = sound(answer);
      }
    } catch {
      count = undefined;
    }
    this.#learn(key, count);
    return count;
  }

  /** Resolves when every count asked for has come; undefined where none is outstanding. */
  settle(): Promise<unknown> | undefined {
    const pending = this.#pending;
    this.#pending = undefined;
    return pending === undefined ? undefined : Promise.all(pending);
  }

  #learn(key: string, count: number | undefined): void {
    this.#known ??= new Map();
    this.#known.set(key, sound(count));
  }
}

const sound = (count: number | undefined): number | undefined =>
  typeof count === 'number' && count >= 0 ? count : undefined;

/** Seconds until one of these full rates has room; undefined where nobody can say. */
async function waitAsync(
  store: RateStore,
  uses: readonly RateUse[],
  now: number,
): Promise<number | undefined> {
  const waits = await Promise.all(uses.map(async (use) => waitOf(store, use, now)));
  return least(waits);
}

/** The same at once where the store answers at once; a promise where it does not. */
export function waitFor(
  store: RateStore,
  uses: readonly RateUse[],
  now: number,
): number | undefined | Promise<number | undefined> {
  const waits: (number | undefined)[] = [];
  for (const use of uses) {
    const wait = waitOf(store, use, now);
    if (wait instanceof Promise) return waitAsync(store, uses, now);
    waits.push(wait);
  }
  return least(waits);
}

function waitOf(
  store: RateStore,
  use: RateUse,
  now: number,
): number | undefined | Promise<number | undefined> {
  const read = (
    answer: Awaited<ReturnType<RateStore['reserve']>>,
  ): number | undefined | Promise<number | undefined> => {
    if ('full' in answer) return answer.wait;
    // Room was made in between: nothing is kept of it.
    const released = answer.release();
    return released instanceof Promise ? released.then(() => 0) : 0;
  };
  try {
    const answer = store.reserve([use], now);
    return answer instanceof Promise ? answer.then(read).catch(() => undefined) : read(answer);
  } catch {
    return undefined;
  }
}

function least(waits: readonly (number | undefined)[]): number | undefined {
  const known = waits.filter((wait): wait is number => wait !== undefined && Number.isFinite(wait));
  return known.length === 0 ? undefined : Math.max(1, Math.ceil(Math.min(...known) / 1_000));
}
