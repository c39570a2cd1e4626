/**
 * The digests of capabilities that a tenant deleted: who registers one of them again gets it at once only where it is the one that was approved.
 * Bounded: once one had to be forgotten nobody knows whose id is new, and every other definition waits for approval.
 */

/** Ids of a tenant. */
const MOST = 10_000;

export interface SavedPins {
  readonly pins: readonly (readonly [id: string, digest: string])[];
  readonly shed: boolean;
}

export class DeletedPins {
  #pins = new Map<string, string>();
  #shed = false;

  /** Whether a definition of this digest needs nobody's approval under this id. */
  allows(id: string, digest: string): boolean {
    const pinned = this.#pins.get(id);
    return pinned === undefined ? !this.#shed : pinned === digest;
  }

  of(id: string): string | undefined {
    return this.#pins.get(id);
  }

  note(id: string, digest: string): void {
    this.#pins.delete(id);
    this.#pins.set(id, digest);
    if (this.#pins.size <= MOST) return;
    this.#shed = true;
    for (const oldest of this.#pins.keys()) {
      this.#pins.delete(oldest);
      return;
    }
  }

  /** It is registered again, and its definition says what holds. */
  forget(id: string): void {
    this.#pins.delete(id);
  }

  save(): SavedPins {
    return { pins: [...this.#pins], shed: this.#shed };
  }

  load({ pins, shed }: SavedPins): void {
    this.#pins = new Map(pins);
    this.#shed = shed;
  }
}
