/** Actions that were permitted and whose outcome is still to come: the intents that a crash would leave open. */
import type { Execution } from '../gate/guard.ts';
import { HeldCounts } from './held-counts.ts';

/** That wait for one principal's host. The journal keeps room for the outcomes of 130,000: what one leaves open, others still have. */
export const MOST_OF_ONE = 100_000;

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
  /** That hosts execute. */
  readonly #hosts = new HeldCounts();

  get size(): number {
    return this.#pending.size;
  }

  /** Whether so many of a principal's wait for its host that there is no room for one more. */
  full(tenant: string, principal: string): boolean {
    return this.#hosts.of(tenant, principal) >= MOST_OF_ONE;
  }

  add(action: PendingAction): void {
    this.#pending.set(action.id, action);
    this.#count(action, 1);
  }

  get(id: string): PendingAction | undefined {
    return this.#pending.get(id);
  }

  settle(id: string): PendingAction | undefined {
    const action = this.#pending.get(id);
    if (action === undefined) return undefined;
    this.#pending.delete(id);
    this.#count(action, -1);
    return action;
  }

  #count({ execution, tenant, principal }: PendingAction, by: 1 | -1): void {
    if (execution === 'host') this.#hosts.add(tenant, principal, by);
  }

  /** Oldest first. */
  all(): IterableIterator<PendingAction> {
    return this.#pending.values();
  }

  clear(): void {
    this.#pending.clear();
    this.#hosts.clear();
  }
}
