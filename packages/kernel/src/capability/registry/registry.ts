/**
 * What may be asked for: every action that a provider executes, the built-in classes, the configuration's definitions, and those that came over the wire.
 * An id that the configuration defines is the configuration's.
 * A managed definition that changes waits until somebody approves it by its digest; the old one stays in force, and one that was deleted is still
 * what the next of its id is held against.
 */
import type { CapabilityDefinition, CapabilityView, JournalRecord, Json } from '@portcullis/wire';
import { PortcullisError } from '../../errors.ts';
import type { Fold } from '../../state/fold.ts';
import type { ActionBook } from '../action-book.ts';
import type { CapabilityBook, GrantedCapability } from '../port.ts';
import { type ClassRates, NO_RATES } from '../rates.ts';
import { type CapabilityChange, changeOf, type Fixed } from './change.ts';
import { type Canonical, type ReadDefinition, readDefinition } from './definition.ts';
import { DeletedPins, type SavedPins } from './deleted.ts';

interface Managed {
  readonly active: ReadDefinition | undefined;
  readonly pending: ReadDefinition | undefined;
}

/** What a tenant registered, and what it had. */
interface OfTenant {
  readonly managed: Map<string, Managed>;
  readonly deleted: DeletedPins;
}

/** Managed ones of a tenant. */
const MOST = 10_000;
/** Tenants whose list is kept. */
const MOST_LISTED = 64;

export interface CapabilitySources {
  /** Actions as capabilities of the same name. */
  readonly actions: ActionBook;
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
  readonly #tenants = new Map<string, OfTenant>();
  /** By tenant; under '' that of all that have none of their own. */
  readonly #listed = new Map<string, readonly CapabilityView[]>();
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
    this.#listed.clear();
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
      this.#managed(tenant, id)?.active ??
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
    // Not listed where a built-in class stands for it.
    const unlisted =
      this.#sources.actions.find(action, tenant) !== undefined && !ids.includes(action);
    return unlisted ? [...ids, action] : ids;
  }

  /** Of what is in force; undefined where the definition says nothing of it. */
  sensitivity(tenant: string, id: string): CapabilityDefinition['sensitivity'] {
    const read = this.#fixed.get(id)?.read ?? this.#managed(tenant, id)?.active;
    return read?.definition.sensitivity;
  }

  /** By id; pending ones behind the active one of their id. Made once for as long as nothing changes: of tens of thousands that takes long. */
  list(tenant: string): readonly CapabilityView[] {
    const own = this.#tenants.has(tenant) ? tenant : '';
    const known = this.#listed.get(own);
    if (known !== undefined) return known;
    const listed = own === '' ? this.#listOfFixed() : this.#listOf(own);
    if (this.#listed.size > MOST_LISTED) this.#listed.clear();
    this.#listed.set(own, listed);
    return listed;
  }

  #listOfFixed(): readonly CapabilityView[] {
    const { actions, builtIn } = this.#sources;
    // A built-in class is another name for all of its action: one of the two says it.
    const classes = new Set(builtIn.map(({ action }) => action));
    const fixed = [...this.#fixed.values()].map(({ read, source }) =>
      viewOf(read, 'active', source),
    );
    return byId([...fixed, ...actions.views.filter(({ action }) => !classes.has(action))]);
  }

  /** What no tenant has of its own is the same for all of them, and there once. */
  #listOf(tenant: string): readonly CapabilityView[] {
    const found = [...this.list('')];
    for (const [id, { active, pending }] of this.#tenants.get(tenant)?.managed ?? []) {
      // Defined by the configuration since: that is what holds.
      if (this.#fixed.has(id)) continue;
      if (active !== undefined) found.push(viewOf(active, 'active', 'managed'));
      if (pending !== undefined) found.push(viewOf(pending, 'pending', 'managed'));
    }
    return byId(found);
  }

  /** What registering would do. Throws for what cannot be meant, a taken id, and want of room. */
  check(tenant: string, definition: unknown): { read: ReadDefinition; changes: boolean } {
    const read = this.#read(definition);
    if (this.#isTaken(read.id))
      throw new PortcullisError('conflict', `capability ${read.id} is not managed here`);
    const there = this.#tenants.get(tenant)?.managed;
    const managed = there?.get(read.id);
    if (managed === undefined && (there?.size ?? 0) >= MOST)
      throw new PortcullisError('conflict', `a tenant has at most ${MOST} capabilities`);
    const changes =
      managed?.active?.digest !== read.digest && managed?.pending?.digest !== read.digest;
    return { read, changes };
  }

  /** Answers what takes it back, for whoever cannot record it. */
  register(tenant: string, read: ReadDefinition): () => void {
    return this.#change(tenant, read.id, ({ managed, deleted }) => {
      const active = managed.get(read.id)?.active;
      if (active === undefined && deleted.allows(read.id, read.digest))
        this.#activate(tenant, read);
      else {
        const pending = active?.digest === read.digest ? undefined : read;
        managed.set(read.id, { active, pending });
      }
    });
  }

  /** What deleting would take away. Throws for what is not there, and for what is somebody else's to take away. */
  deletable(tenant: string, id: string): { readonly digest: string | null } {
    const source = this.#fixed.get(id)?.source;
    if (source === 'configuration')
      throw new PortcullisError('conflict', `capability ${id} is defined by the configuration`);
    if (source === 'built-in')
      throw new PortcullisError('conflict', `capability ${id} is built in`);
    if (this.#isTaken(id))
      throw new PortcullisError('conflict', `capability ${id} is a provider's action`);
    const managed = this.#managed(tenant, id);
    if (managed === undefined) throw new PortcullisError('not_found', 'no such capability');
    return { digest: managed.active?.digest ?? null };
  }

  /** With what waits in its place. That its action takes a grant stays: who deletes wants less to be allowed, not more. */
  delete(tenant: string, id: string): void {
    const { managed, deleted } = this.#of(tenant);
    const active = managed.get(id)?.active;
    this.#listed.delete(tenant);
    managed.delete(id);
    if (active !== undefined) deleted.note(id, active.digest);
  }

  /** Throws `not_found` where nothing of this digest waits. */
  pending(tenant: string, id: string, digest: string): ReadDefinition {
    const read = this.#fixed.has(id) ? undefined : this.#managed(tenant, id)?.pending;
    if (read?.digest !== digest)
      throw new PortcullisError('not_found', 'no capability of this digest waits');
    return read;
  }

  /** Answers what takes it back, for whoever cannot record it. */
  approve(tenant: string, id: string): () => void {
    return this.#change(tenant, id, ({ managed }) => {
      const pending = managed.get(id)?.pending;
      if (pending !== undefined) this.#activate(tenant, pending);
    });
  }

  /** Answers what puts back how it was with this id, unless it changed again since. */
  #change(tenant: string, id: string, make: (of: OfTenant) => void): () => void {
    const of = this.#of(tenant);
    const { managed, deleted } = of;
    const before = managed.get(id);
    const pin = deleted.of(id);
    make(of);
    this.#listed.delete(tenant);
    const made = managed.get(id);
    return () => {
      if (managed.get(id) !== made) return;
      if (before === undefined) managed.delete(id);
      else managed.set(id, before);
      if (pin !== undefined) deleted.note(id, pin);
      this.#listed.delete(tenant);
    };
  }

  #activate(tenant: string, read: ReadDefinition): void {
    const { managed, deleted } = this.#of(tenant);
    this.#listed.delete(tenant);
    managed.set(read.id, { active: read, pending: undefined });
    deleted.forget(read.id);
    this.#note(tenant, read);
  }

  #managed(tenant: string, id: string): Managed | undefined {
    return this.#tenants.get(tenant)?.managed.get(id);
  }

  #of(tenant: string): OfTenant {
    const there = this.#tenants.get(tenant);
    if (there !== undefined) return there;
    const made = { managed: new Map<string, Managed>(), deleted: new DeletedPins() };
    this.#tenants.set(tenant, made);
    return made;
  }

  view(tenant: string, id: string, status: CapabilityView['status']): CapabilityView {
    const managed = this.#managed(tenant, id);
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
    if (record.event === 'capability.deleted') this.delete(record.tenant, record.id as string);
  }

  save(): Json {
    const all = [...this.#tenants].map(([tenant, { managed, deleted }]) => [
      tenant,
      [...managed.values()].map(({ active, pending }) => [
        active?.definition ?? null,
        pending?.definition ?? null,
      ]),
      { deleted: deleted.save(), destructive: [...(this.#destructive.get(tenant) ?? [])] },
    ]);
    return all as unknown as Json;
  }

  load(json: Json): void {
    for (const tenant of this.#tenants.keys()) this.#destructive.delete(tenant);
    this.#tenants.clear();
    this.#listed.clear();
    for (const [tenant, pairs, more] of json as unknown as Saved) {
      const { managed, deleted } = this.#of(tenant);
      if (more !== undefined) {
        deleted.load(more.deleted);
        if (more.destructive.length > 0) this.#destructive.set(tenant, new Set(more.destructive));
      }
      for (const [active, pending] of pairs) {
        if (active !== null) this.#activate(tenant, this.#read(active));
        if (pending === null) continue;
        const read = this.#read(pending);
        managed.set(read.id, { active: managed.get(read.id)?.active, pending: read });
      }
    }
  }
}

/** What older versions wrote has no third member. */
type Saved = readonly [
  tenant: string,
  pairs: readonly (readonly [active: Json, pending: Json])[],
  more?: { readonly deleted: SavedPins; readonly destructive: readonly string[] },
][];

const byId = (views: CapabilityView[]): readonly CapabilityView[] =>
  views.sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));

const viewOf = (
  { definition, digest }: ReadDefinition,
  status: CapabilityView['status'],
  source: CapabilityView['source'],
): CapabilityView => ({ ...definition, digest, status, source });
