/** What is remembered of permitted actions until their outcomes come. */
import type { Action } from '../action/types.ts';
import type { Labels } from './stored/join.ts';

/** The oldest is forgotten beyond this; its outcome then counts as nobody's word. */
const MOST_AWAITED = 100_000;

export interface AwaitedAction {
  readonly origin: string;
  readonly named: boolean;
  readonly written: readonly (readonly [value: string, payload: boolean])[];
  /** Where it reads what was stored: how that was labelled when it was permitted, and when that was. */
  readonly reads: Reads | undefined;
}

export interface Reads {
  readonly acted: Action;
  readonly labels: Labels;
  readonly clock: number;
}

/** Of an action of which only what it reads matters. */
export const NOTHING_SAID = Object.freeze({ origin: '', named: false, written: [] });

export class AwaitedActions {
  readonly #actions = new Map<string, AwaitedAction>();

  get(id: string): AwaitedAction | undefined {
    return this.#actions.get(id);
  }

  put(id: string, awaited: AwaitedAction): void {
    this.#actions.set(id, awaited);
    if (this.#actions.size <= MOST_AWAITED) return;
    for (const oldest of this.#actions.keys()) {
      this.#actions.delete(oldest);
      return;
    }
  }

  /** The action under this id, which is awaited no longer. */
  take(id: string): AwaitedAction | undefined {
    const awaited = this.#actions.get(id);
    this.#actions.delete(id);
    return awaited;
  }
}
