/**
 * Rates in memory: exact, and atomic because nothing in here waits. Rebuilt from the journal by `apply`, or taken up from a saved
 * state; keys that no window counts any more are swept as others are used.
 */
import type { Json } from '@portcullis/wire';
import { PortcullisError } from '../errors.ts';
import type { RateReservation, RebuildableRates } from '../policy/types.ts';
import { UseWindow } from './use-window.ts';

interface Use {
  readonly key: string;
  readonly max: number;
  readonly window: number;
}

/** Keys looked at for each one used: the sweep keeps up with any flood of new keys. */
const SWEPT_PER_USE = 2;

export class MemoryRates implements RebuildableRates {
  readonly #keys = new Map<string, UseWindow>();
  #sweep: Iterator<[string, UseWindow]> | undefined = undefined;

  /** Keys that are held. */
  get size(): number {
    return this.#keys.size;
  }

  count(key: string, now: number, window: number): number {
    return this.#keys.get(key)?.count(now, window) ?? 0;
  }

  reserve(uses: readonly Use[], now: number): { full: number; wait: number } | RateReservation {
    for (let i = 0; i < uses.length; i++) {
      const { key, max, window } = uses[i] as Use;
      const held = this.#keys.get(key);
      const wanted = uses.reduce((sum, use, at) => (at <= i && use.key === key ? sum + 1 : sum), 0);
      if ((held?.count(now, window) ?? 0) + wanted > max) {
        return {
          full: i,
          wait:
            max < wanted
              ? Number.POSITIVE_INFINITY
              : (held?.wait(now, max - wanted + 1, window) ?? 0),
        };
      }
    }
    for (const { key, window } of uses) this.#add(key, window, now, now);
    this.#sweepSome(now);
    return this.#reservation(
      uses.map(({ key }) => key),
      now,
    );
  }

  apply(key: string, _max: number, window: number, at: number): void {
    this.#add(key, window, at, at);
  }

  save(): Json {
    const keys = [...this.#keys].map(([key, held]) => [key, held.window, [...held.uses]]);
    return { v: 1, keys };
  }

  /** Replaces all that is held. Throws `store_unavailable` where the state is none of `save`. */
  load(json: Json): void {
    const saved = readSaved(json);
    this.#keys.clear();
    this.#sweep = undefined;
    for (const [key, window, uses] of saved) {
      for (const at of uses) this.#add(key, window, at, at);
    }
  }

  #add(key: string, window: number, at: number, now: number): void {
    let held = this.#keys.get(key);
    if (held === undefined) {
      held = new UseWindow();
      this.#keys.set(key, held);
    }
    held.add(at, now, window);
  }

  /** Gives back exactly what was taken, once. */
  #reservation(keys: readonly string[], at: number): RateReservation {
    let taken = true;
    return {
      release: () => {
        if (!taken) return;
        taken = false;
        for (const key of keys) this.#keys.get(key)?.remove(at);
      },
    };
  }

  #sweepSome(now: number): void {
    for (let i = 0; i < SWEPT_PER_USE; i++) {
      this.#sweep ??= this.#keys.entries();
      const next = this.#sweep.next();
      if (next.done === true) {
        this.#sweep = undefined;
        return;
      }
      const [key, held] = next.value;
      if (held.isIdle(now)) this.#keys.delete(key);
    }
  }
}

type Saved = readonly (readonly [string, number, readonly number[]])[];

function readSaved(json: Json): Saved {
  const keys =
    typeof json === 'object' && json !== null && !Array.isArray(json) && json.v === 1
      ? json.keys
      : undefined;
  const isTime = (value: Json | undefined): boolean =>
    typeof value === 'number' && Number.isFinite(value);
  const sound =
    Array.isArray(keys) &&
    keys.every(
      (entry) =>
        Array.isArray(entry) &&
        typeof entry[0] === 'string' &&
        isTime(entry[1]) &&
        Array.isArray(entry[2]) &&
        entry[2].every(isTime),
    );
  if (!sound) throw new PortcullisError('store_unavailable', 'the saved rates cannot be read');
  return keys as unknown as Saved;
}
