/**
 * What may be asked for: every action that a provider executes, the built-in classes, the configuration's definitions, and those that came over the wire.
 * An id that the configuration defines is the configuration's.
 * A managed definition that changes waits until somebody approves it by its digest; the old one stays in force.
 */
import type { CapabilityDefinition, CapabilityView, JournalRecord, Json } from '@portcullis/wire';
import { PortcullisError } from '../../errors.ts';
import type { Fold } from '../../state/fold.ts';
import type { CapabilityBook, GrantedCapability } from '../port.ts';
import { type ClassRates, NO_RATES } from '../rates.ts';
import { type CapabilityChange, changeOf, type Fixed } from './change.ts';
import { type Canonical, type ReadDefinition, readDefinition } from './definition.ts';

interface Managed {
  active: ReadDefinition | undefined;
  pending: ReadDefinition | undefined;
}

/** Managed ones of a tenant. */
const MOST = 10_000;

export interface CapabilitySources {
  /** Actions as capabilities of the same name. */
  readonly actions: CapabilityBook;
  readonly builtIn: readonly CapabilityDefinition[];
  readonly configured: readonly CapabilityDefinition[];
  readonly hasProvider: (action: string) => boolean;
  /** How often a principal may use what a definition says nothing about. */
  readonly rates: ClassRates;
  readonly canonical?: Canonical;
}

export class CapabilityRegistry implements CapabilityBook, Fold {
  readonly name = 'capabilities';
  readonly #sources: CapabilitySources;
  #fixed: Fixed;
  readonly #tenants = new Map<string, Map<string, Managed>>();
  /** Actions that a registered destructive capability names, by tenant; the configuration's under ''. */
  readonly #destructive = new Map<string, Set<string>>();

  /** Throws where a configured definition cannot be meant, or two have one id. */
  constructor(sources: CapabilitySources) {
    this.#sources = sources;
    this.#fixed = this.#fixedOf(sources.configured);
    this.#noteConfigured();
  }

  /**
   * Puts these in the place of all that were configured: what is no more among them is gone, as if this kernel had started with them. Throws where
   * one cannot be meant, or `announce` throws, and changes nothing then.
   */
  configure(
    configured: readonly CapabilityDefinition[],
    announce: (change: CapabilityChange) => void,
  ): void {
    const next = this.#fixedOf(configured);
    const change = changeOf(this.#fixed, next);
    if (change === undefined) return;
    announce(change);
    this.#fixed = next;
    this.#noteConfigured();
  }

  #fixedOf(configured: readonly CapabilityDefinition[]): Fixed {
    const { builtIn, hasProvider, actions } = this.#sources;
    const fixed = new Map<string, NonNullable<ReturnType<Fixed['get']>>>();
    for (const definition of builtIn)
      fixed.set(definition.id, {
        read: readDefinition(definition, { hasProvider, rates: NO_RATES }),
        source: 'built-in',
      });
    for (const definition of configured) {
      const read = this.#read(definition);
      if (fixed.has(read.id) || actions.find(read.id, '') !== undefined)
        throw new PortcullisError('conflict', `capability ${read.id} is there already`);
      fixed.set(read.id, { read, source: 'configuration' });
    }
    return fixed;
  }

  /** What a definition fixes as the resource, as rules see it. */
  fixedResource(definition: Readonly<CapabilityDefinition>): string | undefined {
    const resource = definition.fixed?.resource;
    if (resource === undefined) return undefined;
    return this.#sources.canonical?.(definition, resource) ?? resource;
  }

  find(id: string, tenant: string): GrantedCapability | undefined {
    return (
      this.#fixed.get(id)?.read ??
      this.#tenants.get(tenant)?.get(id)?.active ??
      this.#sources.actions.find(id, tenant)
    );
  }

  takesGrant(action: string, tenant: string): boolean {
    if (this.#destructive.size === 0) return false;
    return (
      this.#destructive.get('')?.has(action) === true ||
      this.#destructive.get(tenant)?.has(action) === true
    );
  }

  /** Ids of active ones that name the action; the action itself where a provider executes it. */
  forAction(tenant: string, action: string): string[] {
    const ids = this.list(tenant)
      .filter((one) => one.status === 'active' && one.action === action)
      .map(({ id }) => id);
    return this.#sources.actions.find(action, tenant) === undefined ? ids : [...ids, action];
  }

  /** Of what is in force; undefined where the definition says nothing of it. */
  sensitivity(tenant: string, id: string): CapabilityDefinition['sensitivity'] {
    const read = this.#fixed.get(id)?.read ?? this.#tenants.get(tenant)?.get(id)?.active;
    return read?.definition.sensitivity;
  }

  /** By id; pending ones behind the active one of their id. */
  list(tenant: string): CapabilityView[] {
    const found: CapabilityView[] = [];
    for (const { read, source } of this.#fixed.values()) found.push(viewOf(read, 'active', source));
    for (const [id, { active, pending }] of this.#tenants.get(tenant) ?? []) {
      // Defined by the configuration since: that is what holds.
      if (this.#fixed.has(id)) continue;
      if (active !== undefined) found.push(viewOf(active, 'active', 'managed'));
      if (pending !== undefined) found.push(viewOf(pending, 'pending', 'managed'));
    }
    return found.sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
  }

  /** What registering would do. Throws for what cannot be meant, a taken id, and want of room. */
  check(tenant: string, definition: unknown): { read: ReadDefinition; changes: boolean } {
    const read = this.#read(definition);
    if (this.#isTaken(read.id))
      throw new PortcullisError('conflict', `capability ${read.id} is not managed here`);
    const there = this.#tenants.get(tenant);
    const managed = there?.get(read.id);
    if (managed === undefined && (there?.size ?? 0) >= MOST)
      throw new PortcullisError('conflict', `a tenant has at most ${MOST} capabilities`);
    const changes =
      managed?.active?.digest !== read.digest && managed?.pending?.digest !== read.digest;
    return { read, changes };
  }

  register(tenant: string, read: ReadDefinition): void {
    const there = this.#tenants.get(tenant) ?? new Map<string, Managed>();
    this.#tenants.set(tenant, there);
    const managed = there.get(read.id);
    if (managed === undefined) {
      there.set(read.id, { active: read, pending: undefined });
      this.#note(tenant, read);
    } else if (managed.active?.digest === read.digest) managed.pending = undefined;
    else managed.pending = read;
  }

  /** Throws `not_found` where nothing of this digest waits. */
  pending(tenant: string, id: string, digest: string): ReadDefinition {
    const read = this.#fixed.has(id) ? undefined : this.#tenants.get(tenant)?.get(id)?.pending;
    if (read?.digest !== digest)
      throw new PortcullisError('not_found', 'no capability of this digest waits');
    return read;
  }

  approve(tenant: string, id: string): void {
    const managed = this.#tenants.get(tenant)?.get(id);
    if (managed?.pending === undefined) return;
    managed.active = managed.pending;
    managed.pending = undefined;
    this.#note(tenant, managed.active);
  }

  view(tenant: string, id: string, status: CapabilityView['status']): CapabilityView {
    const managed = this.#tenants.get(tenant)?.get(id);
    const read = status === 'active' ? managed?.active : managed?.pending;
    if (read === undefined) throw new PortcullisError('not_found');
    return viewOf(read, status, 'managed');
  }

  #isTaken(id: string): boolean {
    return this.#fixed.has(id) || this.#sources.actions.find(id, '') !== undefined;
  }

  #read(definition: unknown): ReadDefinition {
    return readDefinition(definition, this.#sources);
  }

  #noteConfigured(): void {
    this.#destructive.delete('');
    for (const { read, source } of this.#fixed.values())
      if (source === 'configuration') this.#note('', read);
  }

  /** Once destructive, its action takes a grant: a later definition that says less does not lift that. */
  #note(tenant: string, { definition }: ReadDefinition): void {
    if (definition.safety !== 'destructive') return;
    const actions = this.#destructive.get(tenant) ?? new Set<string>();
    this.#destructive.set(tenant, actions.add(definition.action));
  }

  // ---- the fold

  apply(record: JournalRecord): void {
    if (record.kind !== 'state') return;
    if (record.event === 'capability.registered')
      this.register(record.tenant, this.#read(record.definition));
    if (record.event === 'capability.approved') this.approve(record.tenant, record.id as string);
  }

  save(): Json {
    const all = [...this.#tenants].map(([tenant, there]) => [
      tenant,
      [...there.values()].map(({ active, pending }) => [
        active?.definition ?? null,
        pending?.definition ?? null,
      ]),
    ]);
    return all as unknown as Json;
  }

  load(json: Json): void {
    this.#tenants.clear();
    for (const [tenant, there] of json as unknown as [string, [Json, Json][]][]) {
      for (const pair of there)
        for (const definition of pair)
          if (definition !== null) this.register(tenant, this.#read(definition));
    }
  }
}

const viewOf = (
  { definition, digest }: ReadDefinition,
  status: CapabilityView['status'],
  source: CapabilityView['source'],
): CapabilityView => ({ ...definition, digest, status, source });
