/** Actions that were permitted and whose outcome is still to come: the intents that a crash would leave open. */
import type { Execution } from '../gate/guard.ts';

export interface PendingAction {
  readonly id: string;
  readonly tenant: string;
  readonly session: string | undefined;
  readonly principal: string;
  readonly onBehalfOf?: string | undefined;
  /** As they were when it was permitted; after a restart nobody knows. */
  readonly roles?: readonly string[] | undefined;
  readonly action: string;
  readonly execution: Execution;
  /** What it was asked for with: id, and of which capability. */
  readonly grant?: { readonly id: string; readonly capability?: string } | undefined;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Host-executed: the executor redeemed the permit. */
  redeemed: boolean;
  /** What it was permitted for is over: its permit is none any more. */
  voided?: boolean;
  /** What comes of it may have been shown before its outcome is recorded. */
  readonly streams?: boolean;
}

export class PendingActions {
  readonly #pending = new Map<string, PendingAction>();

  get size(): number {
    return this.#pending.size;
  }

  add(action: PendingAction): void {
    this.#pending.set(action.id, action);
  }

  get(id: string): PendingAction | undefined {
    return this.#pending.get(id);
  }

  settle(id: string): PendingAction | undefined {
    const action = this.#pending.get(id);
    if (action !== undefined) this.#pending.delete(id);
    return action;
  }

  /** Oldest first. */
  all(): IterableIterator<PendingAction> {
    return this.#pending.values();
  }

  clear(): void {
    this.#pending.clear();
  }
}
