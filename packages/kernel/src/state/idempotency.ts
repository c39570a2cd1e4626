/**
 * What idempotency keys remember, for 24 hours: per tenant and principal, by commitment, bound to the action's digest. Only an action that
 * reached a provider is remembered; the answer itself lies in the vault.
 */
export interface Remembered {
  readonly id: string;
  /** Commitment to the action's digest. */
  readonly digest: string;
  readonly at: number;
  /** `pending` until the outcome is known. */
  status: string;
  /** The vault's name of the answer. */
  kept: string | undefined;
}

export const REMEMBER_FOR = 24 * 3_600_000;

export class IdempotencyKeys {
  /** In order of time, so that the oldest go first. */
  readonly #keys = new Map<string, Remembered>();
  readonly #byAction = new Map<string, string>();

  get(key: string, now: number): Remembered | undefined {
    const remembered = this.#keys.get(key);
    return remembered !== undefined && now - remembered.at < REMEMBER_FOR ? remembered : undefined;
  }

  begin(key: string, id: string, digest: string, at: number): void {
    this.#sweep(at);
    this.#keys.delete(key);
    this.#keys.set(key, { id, digest, at, status: 'pending', kept: undefined });
    this.#byAction.set(id, key);
  }

  settle(id: string, status: string, kept: string | undefined): void {
    const key = this.#byAction.get(id);
    if (key === undefined) return;
    const remembered = this.#keys.get(key);
    if (status === 'not_executed') {
      this.#keys.delete(key);
      this.#byAction.delete(id);
    } else if (remembered !== undefined) {
      remembered.status = status;
      remembered.kept = kept;
    }
  }

  entries(): IterableIterator<[string, Remembered]> {
    return this.#keys.entries();
  }

  clear(): void {
    this.#keys.clear();
    this.#byAction.clear();
  }

  #sweep(now: number): void {
    for (const [key, remembered] of this.#keys) {
      if (now - remembered.at < REMEMBER_FOR) return;
      this.#keys.delete(key);
      this.#byAction.delete(remembered.id);
    }
  }
}
