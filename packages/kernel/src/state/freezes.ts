/** What is frozen: everything, by who runs the kernel; and tenants, each by its own. One says nothing of the other, and lifting one leaves the other. */
import type { FreezeScope, JournalRecord, Json } from '@portcullis/wire';

/** Snapshots of before tenants had their own say whether everything is. */
type Saved = boolean | { readonly all: boolean; readonly tenants: readonly string[] };

export class Freezes {
  #all = false;
  readonly #tenants = new Set<string>();

  /** Whether everything of this tenant is denied. */
  stops(tenant: string): boolean {
    return this.#all || (this.#tenants.size > 0 && this.#tenants.has(tenant));
  }

  /** Without a tenant: those that hold for every one. */
  of(tenant?: string): readonly FreezeScope[] {
    const own = tenant !== undefined && this.#tenants.has(tenant);
    return [...(this.#all ? (['all'] as const) : []), ...(own ? (['tenant'] as const) : [])];
  }

  set(scope: FreezeScope, tenant: string, on: boolean): void {
    if (scope === 'all') this.#all = on;
    else if (on) this.#tenants.add(tenant);
    else this.#tenants.delete(tenant);
  }

  /** Records of before tenants had their own say no scope, and mean everything. */
  apply({ tenant, scope, on }: JournalRecord): void {
    this.set(scope === 'tenant' ? 'tenant' : 'all', tenant, on === true);
  }

  save(): Json {
    return { all: this.#all, tenants: [...this.#tenants] };
  }

  load(json: Json): void {
    const saved = json as unknown as Saved;
    const { all, tenants } = typeof saved === 'boolean' ? { all: saved, tenants: [] } : saved;
    this.#all = all;
    this.#tenants.clear();
    for (const tenant of tenants) this.#tenants.add(tenant);
  }
}
