/** How many of one kind, live grants or open sessions, each principal of each tenant has. Who has none takes no room. */
export class HeldCounts {
  readonly #byTenant = new Map<string, Map<string, number>>();

  of(tenant: string, principal: string): number {
    return this.#byTenant.get(tenant)?.get(principal) ?? 0;
  }

  add(tenant: string, principal: string, by: number): void {
    let counts = this.#byTenant.get(tenant);
    if (counts === undefined) {
      counts = new Map();
      this.#byTenant.set(tenant, counts);
    }
    const left = (counts.get(principal) ?? 0) + by;
    if (left > 0) counts.set(principal, left);
    else counts.delete(principal);
    if (counts.size === 0) this.#byTenant.delete(tenant);
  }

  clear(): void {
    this.#byTenant.clear();
  }
}
