/**
 * What the sessions of a principal have seen, and when last: a new session does not shed it. A fold of the journal. Of a tenant with too many
 * principals the one that saw longest ago is forgotten, and from then on whoever is not known there counts as having seen what it saw.
 */
import type { Json, Label } from '@portcullis/wire';
import type { Sight } from '../policy/compile/sight.ts';
import { isOf } from '../policy/compile/sight.ts';

const SIGHTS: readonly Sight[] = ['untrusted', 'private', 'secret', 'derived'];
const MOST = 100_000;

/** For each sight the last time, milliseconds since the epoch. */
type Seen = Partial<Record<Sight, number>>;

interface Tenant {
  readonly seen: Map<string, Seen>;
  /** By those who were forgotten. */
  readonly forgotten: Seen;
}

export class PrincipalSights {
  readonly #most: number;
  readonly #tenants = new Map<string, Tenant>();

  /** `most`: principals of one tenant. */
  constructor(most = MOST) {
    this.#most = most;
  }

  sees(tenant: string, principal: string, labels: readonly Label[], at: number): void {
    const fresh = SIGHTS.filter((sight) => labels.some((label) => isOf(label, sight)));
    if (fresh.length > 0)
      this.#take(
        tenant,
        principal,
        fresh.map((sight) => [sight, at]),
      );
  }

  /** Undefined where it never did. */
  last(tenant: string, principal: string, sight: Sight): number | undefined {
    const known = this.#tenants.get(tenant);
    const own = known?.seen.get(principal)?.[sight];
    const others = known?.forgotten[sight];
    return own === undefined || others === undefined ? (own ?? others) : Math.max(own, others);
  }

  #take(tenant: string, principal: string, all: readonly (readonly [Sight, number])[]): void {
    const known = this.#tenants.get(tenant) ?? { seen: new Map<string, Seen>(), forgotten: {} };
    this.#tenants.set(tenant, known);
    const { seen, forgotten } = known;
    const own = seen.get(principal) ?? {};
    join(own, all);
    seen.delete(principal);
    seen.set(principal, own);
    if (seen.size <= this.#most) return;
    for (const [oldest, sights] of seen) {
      seen.delete(oldest);
      join(forgotten, entriesOf(sights));
      return;
    }
  }

  save(): Json {
    const tenants = [...this.#tenants].map(([tenant, { seen, forgotten }]) => [
      tenant,
      [...seen],
      forgotten,
    ]);
    return { tenants } as unknown as Json;
  }

  /** A state of before tenants were told apart is a list of all. */
  load(json: Json): void {
    this.#tenants.clear();
    if (Array.isArray(json)) {
      for (const [key, sights] of json as unknown as [string, Seen][]) {
        const [tenant, principal] = JSON.parse(key) as [string, string];
        this.#take(tenant, principal, entriesOf(sights));
      }
      return;
    }
    const { tenants } = json as unknown as { tenants: [string, [string, Seen][], Seen][] };
    for (const [tenant, seen, forgotten] of tenants)
      this.#tenants.set(tenant, { seen: new Map(seen), forgotten });
  }
}

const entriesOf = (seen: Seen) => Object.entries(seen) as [Sight, number][];

function join(into: Seen, all: readonly (readonly [Sight, number])[]): void {
  for (const [sight, at] of all) into[sight] = Math.max(into[sight] ?? 0, at);
}
