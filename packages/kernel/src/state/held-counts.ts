/** How many of one kind, live grants or open sessions, each principal of each tenant has. Who has none takes no room. */
interface Counts {
  all: number;
  readonly byPrincipal: Map<string, number>;
}

export class HeldCounts {
  readonly #byTenant = new Map<string, Counts>();

  of(tenant: string, principal: string): number {
    return this.#byTenant.get(tenant)?.byPrincipal.get(principal) ?? 0;
  }

  /** Of all its principals together. */
  ofTenant(tenant: string): number {
    return this.#byTenant.get(tenant)?.all ?? 0;
  }

  add(tenant: string, principal: string, by: number): void {
    let counts = this.#byTenant.get(tenant);
    if (counts === undefined) {
      counts = { all: 0, byPrincipal: new Map() };
      this.#byTenant.set(tenant, counts);
    }
    const { byPrincipal } = counts;
    const had = byPrincipal.get(principal) ?? 0;
    const left = Math.max(0, had + by);
    counts.all += left - had;
    if (left > 0) byPrincipal.set(principal, left);
    else byPrincipal.delete(principal);
    if (byPrincipal.size === 0) this.#byTenant.delete(tenant);
  }

  clear(): void {
    this.#byTenant.clear();
  }
}
