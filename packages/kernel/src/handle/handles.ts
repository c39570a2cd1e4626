/**
 * The handles that live: who may expand which, until when, and how many rows are left. Bound to tenant, principal, session and grant; a
 * principal and a tenant have room for so many, a principal for so many bytes, and the oldest goes in constant time. What they name lies in the vault.
 */
import type { JournalRecord, Json } from '@portcullis/wire';
import type { Fold } from '../state/fold.ts';
import { Queue } from './queue.ts';

/** As the outcome's record has it. */
export interface HandleRecord {
  /** Commitment to the handle's id. */
  readonly key: string;
  /** The vault's name of what it names. */
  readonly value: string;
  /** Milliseconds since the epoch. */
  readonly expires: number;
  /** That it takes in the vault. */
  readonly bytes?: number;
  readonly grant?: string;
  /** Rows of all expansions together. Absent: no limit. */
  readonly rows?: number;
}

export interface Handle {
  readonly key: string;
  readonly value: string;
  readonly expires: number;
  readonly bytes: number;
  readonly tenant: string;
  readonly principal: string;
  readonly session: string;
  readonly grant: string | undefined;
  /** Rows that may still be shown; undefined: no limit. */
  left: number | undefined;
  live: boolean;
}

export interface HandleRoom {
  readonly perPrincipal: number;
  readonly perTenant: number;
  /** Bytes in the vault that a principal's handles name. */
  readonly bytes: number;
}

interface Held {
  count: number;
  bytes: number;
  readonly queue: Queue<Handle>;
}

const live = (handle: Handle): boolean => handle.live;

/** Events with which grants fall. */
const ENDS_GRANTS: ReadonlySet<string> = new Set(['grant.revoked', 'capability.deleted']);

export class Handles implements Fold {
  readonly name = 'handles';
  readonly #room: HandleRoom;
  readonly #isOver: (grant: string) => boolean;
  /** Some are, or were, bound to a grant. */
  #granted = false;
  readonly #handles = new Map<string, Handle>();
  readonly #tenants = new Map<string, Held>();
  readonly #principals = new Map<string, Held>();
  /** Told what is no longer named by any handle. */
  #dropped: (handle: Handle) => void = () => {};

  /** `isOver`: whether a grant is revoked. What was got with it goes with it. */
  constructor(room: HandleRoom, isOver: (grant: string) => boolean = () => false) {
    this.#room = room;
    this.#isOver = isOver;
  }

  /** Lets go of what was got with grants that are revoked. */
  dropRevoked(): void {
    if (!this.#granted) return;
    for (const handle of [...this.#handles.values()])
      if (handle.grant !== undefined && this.#isOver(handle.grant)) this.#remove(handle);
  }

  get size(): number {
    return this.#handles.size;
  }

  /** After the fold: what goes from now on goes from the vault too. */
  onDropped(tell: (handle: Handle) => void): void {
    this.#dropped = tell;
  }

  keep(tenant: string, principal: string, session: string, record: HandleRecord): void {
    const { key, value, expires, bytes = 0, grant, rows } = record;
    this.#add({
      key,
      value,
      expires,
      bytes,
      tenant,
      principal,
      session,
      grant,
      left: rows,
      live: true,
    });
  }

  get(key: string, now: number): Handle | undefined {
    const handle = this.#handles.get(key);
    return handle !== undefined && now < handle.expires ? handle : undefined;
  }

  /** So many rows were shown. */
  take(key: string, rows: number): void {
    const handle = this.#handles.get(key);
    if (handle?.left !== undefined) handle.left = Math.max(0, handle.left - rows);
  }

  /** Lets go of what has expired; those that came first expire first. */
  sweep(now: number): void {
    for (const { queue } of this.#tenants.values()) {
      for (
        let oldest = queue.oldest(live);
        oldest !== undefined && oldest.expires <= now;
        oldest = queue.oldest(live)
      )
        this.#remove(oldest);
    }
  }

  #add(handle: Handle): void {
    // Revoked while the action ran: what it was got with is over before it is there.
    if (handle.grant !== undefined && this.#isOver(handle.grant)) {
      handle.live = false;
      this.#dropped(handle);
      return;
    }
    const tenant = held(this.#tenants, handle.tenant);
    const principal = held(this.#principals, nameOf(handle));
    this.#handles.set(handle.key, handle);
    this.#granted ||= handle.grant !== undefined;
    tenant.queue.push(handle);
    principal.queue.push(handle);
    tenant.count++;
    principal.count++;
    principal.bytes += handle.bytes;
    if (principal.count > this.#room.perPrincipal) this.#evict(principal);
    while (principal.bytes > this.#room.bytes && principal.count > 1) this.#evict(principal);
    if (tenant.count > this.#room.perTenant) this.#evict(tenant);
  }

  #evict({ queue }: Held): void {
    const oldest = queue.oldest(live);
    if (oldest !== undefined) this.#remove(oldest);
  }

  #remove(handle: Handle): void {
    handle.live = false;
    this.#handles.delete(handle.key);
    release(this.#tenants, handle.tenant, 0);
    release(this.#principals, nameOf(handle), handle.bytes);
    this.#dropped(handle);
  }

  // ---- the fold

  apply(record: JournalRecord): void {
    if (record.kind === 'outcome' && record.handle !== undefined) {
      this.keep(
        record.tenant,
        record.principal as string,
        (record.session ?? '') as string,
        record.handle as unknown as HandleRecord,
      );
    } else if (record.kind === 'state' && record.event === 'handle.expanded') {
      this.take(record.handle as string, record.rows as number);
    } else if (record.kind === 'state' && ENDS_GRANTS.has(record.event as string)) {
      this.dropRevoked();
    }
  }

  save(): Json {
    return [...this.#handles.values()].map((handle) => [
      handle.tenant,
      handle.principal,
      handle.session,
      handle.grant ?? null,
      handle.key,
      handle.value,
      handle.expires,
      handle.left ?? null,
      handle.bytes,
    ]);
  }

  load(json: Json): void {
    this.#handles.clear();
    this.#tenants.clear();
    this.#principals.clear();
    for (const row of json as [
      string,
      string,
      string,
      string | null,
      string,
      string,
      number,
      number | null,
      number?,
    ][]) {
      const [tenant, principal, session, grant, key, value, expires, left, bytes = 0] = row;
      this.#add({
        key,
        value,
        expires,
        bytes,
        tenant,
        principal,
        session,
        grant: grant ?? undefined,
        left: left ?? undefined,
        live: true,
      });
    }
  }
}

const nameOf = ({ tenant, principal }: Handle): string => JSON.stringify([tenant, principal]);

function held(all: Map<string, Held>, name: string): Held {
  let found = all.get(name);
  if (found === undefined) {
    found = { count: 0, bytes: 0, queue: new Queue() };
    all.set(name, found);
  }
  return found;
}

function release(all: Map<string, Held>, name: string, bytes: number): void {
  const found = all.get(name);
  if (found === undefined) return;
  found.count--;
  found.bytes -= bytes;
  if (found.count === 0) all.delete(name);
}
