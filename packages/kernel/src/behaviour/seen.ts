/** What the sessions of a principal have seen, and when last: a new session does not shed it. A fold of the journal; the principal that saw longest ago goes first. */
import type { Json, Label } from '@portcullis/wire';
import type { Sight } from '../policy/compile/sight.ts';
import { isOf } from '../policy/compile/sight.ts';

const SIGHTS: readonly Sight[] = ['untrusted', 'private', 'secret', 'derived'];
const MOST = 100_000;

export class PrincipalSights {
  readonly #most: number;
  /** By tenant and principal: for each sight the last time, milliseconds since the epoch. */
  readonly #seen = new Map<string, Partial<Record<Sight, number>>>();

  constructor(most = MOST) {
    this.#most = most;
  }

  sees(tenant: string, principal: string, labels: readonly Label[], at: number): void {
    const fresh = SIGHTS.filter((sight) => labels.some((label) => isOf(label, sight)));
    if (fresh.length === 0) return;
    const key = keyOf(tenant, principal);
    const known = this.#seen.get(key) ?? {};
    for (const sight of fresh) known[sight] = Math.max(known[sight] ?? 0, at);
    this.#seen.delete(key);
    this.#seen.set(key, known);
    if (this.#seen.size <= this.#most) return;
    const [oldest] = this.#seen.keys();
    if (oldest !== undefined) this.#seen.delete(oldest);
  }

  /** Undefined where it never did. */
  last(tenant: string, principal: string, sight: Sight): number | undefined {
    return this.#seen.get(keyOf(tenant, principal))?.[sight];
  }

  save(): Json {
    return [...this.#seen] as unknown as Json;
  }

  load(json: Json): void {
    this.#seen.clear();
    for (const [key, seen] of json as unknown as [string, Record<Sight, number>][])
      this.#seen.set(key, seen);
  }
}

const keyOf = (tenant: string, principal: string): string => JSON.stringify([tenant, principal]);
