/**
 * The vault: encrypted values that records name by salted commitment. Values live a stated time and a tenant has a stated
 * room (room.ts: what can be done without has less of it); what is missing, expired or damaged reads as undefined, and that never permits anything.
 */
import {
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  hash,
  hkdfSync,
  type KeyObject,
} from 'node:crypto';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { randomPart } from '../../crypto/random.ts';
import { PortcullisError } from '../../errors.ts';
import { openRebuildable } from '../../store/sqlite.ts';
import type { Vault } from '../types.ts';
import { Ahead, headOf, type Place, type Waiting } from './ahead.ts';
import { roomFor } from './room.ts';

interface VaultOptions {
  /** `vault.sqlite` */
  readonly path: string;
  /** 32 secret bytes; names and ciphers are derived from it. */
  readonly key: Uint8Array;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Bytes of values a tenant may hold. */
  readonly quotaBytes: number;
  /** NORMAL survives kill -9, FULL power loss. Default NORMAL. */
  readonly synchronous?: 'NORMAL' | 'FULL';
  readonly onMessage?: (level: 'fault', message: string) => void;
}

const NONCE = 12;
/** How many values that are let go are deleted at once. */
const TOGETHER = 64;
/** Bytes of a page of the database: with smaller ones a value is on many, with larger ones each name that comes or goes writes more. */
const PAGE = 8 * 1024;
const TAG = 16;
/** Bytes of a sealed value that is written to the database at once. */
const LARGE = 16 * 1024;

const TABLES = `
  CREATE TABLE IF NOT EXISTS vault(
    tenant TEXT NOT NULL, name TEXT NOT NULL, kind TEXT NOT NULL,
    bytes INTEGER NOT NULL, expires INTEGER NOT NULL, sealed BLOB NOT NULL,
    UNIQUE(tenant, name)
  );
  CREATE TABLE IF NOT EXISTS held(tenant TEXT PRIMARY KEY, bytes INTEGER NOT NULL) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS by_expiry ON vault(expires);
`;

/** Opens or creates the vault, 0600. A file that SQLite calls damaged is set aside: its values are missing then. */
export function openVault(options: VaultOptions): Vault {
  if (options.key.length !== 32) throw new Error('the vault key has 32 bytes');
  const db = openRebuildable(
    options.path,
    { synchronous: options.synchronous ?? 'NORMAL', page: PAGE },
    (fresh) => fresh.exec(TABLES),
    (message) => options.onMessage?.('fault', message),
  );
  try {
    return new SqliteVault(db, options);
  } catch (error) {
    db.close();
    throw error;
  }
}

class SqliteVault implements Vault {
  readonly #db: DatabaseSync;
  readonly #options: VaultOptions;
  readonly #seals: Seals;
  readonly #ahead: Ahead;
  /** Bytes of each tenant in the database, as far as they were asked for since they changed. */
  readonly #stored = new Map<string, number>();
  /** Bytes that the work of a transaction added for each tenant, or took, and did not write yet. */
  readonly #changed = new Map<string, number>();
  /** What was let go and is not deleted yet, by its name, which is good in one tenant alone. */
  readonly #going = new Map<string, string>();
  readonly #get: StatementSync;
  readonly #put: StatementSync;
  readonly #drop: StatementSync;
  readonly #held: StatementSync;
  readonly #hold: StatementSync;

  constructor(db: DatabaseSync, options: VaultOptions) {
    this.#db = db;
    this.#options = options;
    this.#seals = new Seals(options.key);
    this.#get = db.prepare(
      'SELECT kind, bytes, expires, sealed FROM vault WHERE tenant = ? AND name = ?',
    );
    this.#put = db.prepare('INSERT INTO vault VALUES(?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING');
    this.#drop = db.prepare('DELETE FROM vault WHERE tenant = ? AND name = ? RETURNING bytes');
    this.#held = db.prepare('SELECT bytes FROM held WHERE tenant = ?');
    this.#hold = db.prepare(
      'INSERT INTO held VALUES(?, ?) ON CONFLICT(tenant) DO UPDATE SET bytes = bytes + excluded.bytes',
    );
    this.#ahead = new Ahead(`${options.path}-ahead`, options.synchronous === 'FULL');
    this.#recover();
  }

  /** Throws `too_large` for a value beyond the quota, `store_unavailable` where the quota is used up or the disk refuses. */
  put(tenant: string, kind: string, value: Uint8Array, ttl: number): string {
    const { now, quotaBytes } = this.#options;
    const room = roomFor(kind, quotaBytes);
    if (value.length > room)
      throw new PortcullisError('too_large', 'the value is larger than the vault');
    const at = now();
    const expires = Math.trunc(at + ttl);
    const name = this.#seals.name(tenant, kind, value);
    const sealed = this.#seals.seal({ tenant, name, kind, expires }, value);
    const waiting = { place: { tenant, name, kind, expires }, bytes: value.length, sealed };
    if (this.#bytesOf(tenant) + value.length > room) this.#makeRoom(waiting, room, at);
    else if (sealed.length > LARGE) this.#transaction(() => this.#insert(waiting));
    else this.#append(waiting);
    if (this.#going.get(name) === tenant) this.#going.delete(name);
    return name;
  }

  get(tenant: string, name: string): Uint8Array | undefined {
    if (this.#going.get(name) === tenant) return undefined;
    try {
      const waiting = this.#ahead.get(tenant, name);
      if (waiting !== undefined) return this.#opened(waiting);
      const row = this.#get.get(tenant, name);
      if (row === undefined) return undefined;
      const kind = String(row.kind);
      const expires = Number(row.expires);
      return this.#opened({
        place: { tenant, name, kind, expires },
        sealed: row.sealed as Uint8Array,
      });
    } catch {
      return undefined;
    }
  }

  drop(tenant: string, name: string): void {
    this.#settle(() => this.#remove(tenant, name));
  }

  letGo(tenant: string, name: string): void {
    // The database may have it too, from before.
    this.#ahead.forget(tenant, name);
    this.#going.set(name, tenant);
    if (this.#going.size % TOGETHER !== 0) return;
    try {
      this.#deleteGoing();
    } catch {
      // It is gone for everybody, and deleted with the next ones.
    }
  }

  /** Deletes what expired; answers how many values that were. */
  sweep(now: number): number {
    const swept = this.#settle(() => this.#sweep(now));
    this.#going.clear();
    return swept;
  }

  close(): void {
    if (!this.#db.isOpen) return;
    try {
      if (this.#going.size > 0 || !this.#ahead.empty) this.#deleteGoing();
    } catch {
      // They are deleted when they expire, and what waits is found again.
    }
    this.#ahead.close();
    this.#db.close();
  }

  /** What cannot be deleted now is gone all the same, and deleted later. */
  #deleteGoing(): void {
    this.#settle(() => this.#removeGoing());
    this.#going.clear();
  }

  #opened({ place, sealed }: Pick<Waiting, 'place' | 'sealed'>): Uint8Array | undefined {
    if (place.expires <= this.#options.now()) return undefined;
    const value = this.#seals.open(place, sealed);
    return value !== undefined && this.#seals.name(place.tenant, place.kind, value) === place.name
      ? value
      : undefined;
  }

  /** What was on its way when a process was killed, if it is whole. */
  #recover(): void {
    if (this.#ahead.empty) return;
    for (const waiting of this.#ahead.left()) {
      try {
        const value = this.#opened(waiting);
        if (value?.length === waiting.bytes) this.#ahead.remember(waiting);
      } catch {
        // Not as it was sealed: it is missing, as if it were damaged in the database.
      }
    }
    try {
      this.#settle(() => {});
    } catch (error) {
      this.#options.onMessage?.('fault', String(error));
    }
  }

  /** Of what expired or was let go, and of what the value itself had. Throws where that is too little, and then nothing has changed. */
  #makeRoom(waiting: Waiting, room: number, now: number): void {
    const { tenant, name } = waiting.place;
    this.#settle(() => {
      this.#remove(tenant, name);
      this.#sweep(now);
      this.#book();
      if (this.#storedOf(tenant) + waiting.bytes > room)
        throw new PortcullisError('store_unavailable', 'the vault of this tenant is full');
      this.#insert(waiting);
    });
    this.#going.clear();
  }

  #append(waiting: Waiting): void {
    const head = headOf(waiting);
    if (!this.#ahead.fits(waiting, head)) this.#deleteGoing();
    if (!this.#ahead.fits(waiting, head)) {
      this.#transaction(() => this.#insert(waiting));
      return;
    }
    try {
      this.#ahead.add(waiting, head);
    } catch (error) {
      throw unavailable(error);
    }
  }

  /** Writes what waits and does the work, all at once or not at all. INVARIANT: nothing that the work deletes can come back, for what waited is gone from the file when this returns. */
  #settle<T>(work: () => T): T {
    const result = this.#transaction(() => {
      for (const waiting of this.#ahead) this.#insert(waiting);
      return work();
    });
    try {
      this.#ahead.clear();
    } catch (error) {
      throw unavailable(error);
    }
    return result;
  }

  #insert({ place: { tenant, name, kind, expires }, bytes, sealed }: Waiting): void {
    const insert = (): boolean =>
      this.#put.run(tenant, name, kind, bytes, expires, sealed).changes === 1;
    // Few values are put twice.
    if (!insert()) {
      this.#remove(tenant, name);
      insert();
    }
    this.#change(tenant, bytes);
  }

  #removeGoing(): void {
    for (const [name, tenant] of this.#going) this.#remove(tenant, name);
  }

  #remove(tenant: string, name: string): void {
    const row = this.#drop.get(tenant, name);
    if (row !== undefined) this.#change(tenant, -Number(row.bytes));
  }

  #sweep(now: number): number {
    this.#removeGoing();
    const rows = this.#db
      .prepare('DELETE FROM vault WHERE expires <= ? RETURNING tenant, bytes')
      .all(now);
    for (const row of rows) this.#change(String(row.tenant), -Number(row.bytes));
    return rows.length;
  }

  #change(tenant: string, bytes: number): void {
    this.#changed.set(tenant, (this.#changed.get(tenant) ?? 0) + bytes);
  }

  /** Once for each tenant, however many values came and went. */
  #book(): void {
    for (const [tenant, bytes] of this.#changed) this.#hold.run(tenant, bytes);
    this.#changed.clear();
  }

  /** In the database and on its way there: what is in both counts twice until it is written. */
  #bytesOf(tenant: string): number {
    try {
      let stored = this.#stored.get(tenant);
      if (stored === undefined) {
        stored = this.#storedOf(tenant);
        this.#stored.set(tenant, stored);
      }
      return stored + this.#ahead.bytesOf(tenant);
    } catch (error) {
      throw unavailable(error);
    }
  }

  #storedOf(tenant: string): number {
    return Number(this.#held.get(tenant)?.bytes ?? 0);
  }

  #transaction<T>(work: () => T): T {
    try {
      this.#stored.clear();
      this.#changed.clear();
      this.#db.exec('BEGIN IMMEDIATE');
      const result = work();
      this.#book();
      this.#db.exec('COMMIT');
      return result;
    } catch (error) {
      if (this.#db.isOpen && this.#db.isTransaction) this.#db.exec('ROLLBACK');
      if (error instanceof PortcullisError) throw error;
      throw unavailable(error);
    }
  }
}

const unavailable = (error: unknown): PortcullisError =>
  new PortcullisError(
    'store_unavailable',
    `the vault did not answer: ${(error as Error).message}`,
    { cause: error },
  );

/** AES-256-GCM under a key of each tenant; the place is authenticated too, so that no value can be moved or outlive its time. */
class Seals {
  readonly #key: Uint8Array;
  readonly #salt: Buffer;
  readonly #keys = new Map<string, KeyObject>();

  constructor(key: Uint8Array) {
    this.#key = key;
    this.#salt = derive(key, 'portcullis/vault/name/v1');
  }

  /** SHA-256(domain || salt || lengths and texts of tenant and kind || SHA-256 of the value), lower-case hex. */
  name(tenant: string, kind: string, value: Uint8Array): string {
    const place = Buffer.from(JSON.stringify([tenant, kind]));
    const digest = hash('sha256', value, 'buffer');
    const domain = Buffer.from('portcullis/vault/v1\0');
    return hash('sha256', Buffer.concat([domain, this.#salt, digest, place]), 'hex');
  }

  seal(place: Place, value: Uint8Array): Buffer {
    const nonce = randomPart(NONCE);
    const cipher = createCipheriv('aes-256-gcm', this.#keyOf(place.tenant), nonce);
    cipher.setAAD(additional(place));
    return Buffer.concat([nonce, cipher.update(value), cipher.final(), cipher.getAuthTag()]);
  }

  open(place: Place, sealed: Uint8Array): Buffer | undefined {
    if (sealed.length < NONCE + TAG) return undefined;
    const key = this.#keyOf(place.tenant);
    const options = { authTagLength: TAG };
    const cipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, NONCE), options);
    cipher.setAAD(additional(place));
    cipher.setAuthTag(sealed.subarray(sealed.length - TAG));
    return Buffer.concat([
      cipher.update(sealed.subarray(NONCE, sealed.length - TAG)),
      cipher.final(),
    ]);
  }

  #keyOf(tenant: string): KeyObject {
    let key = this.#keys.get(tenant);
    if (key === undefined) {
      key = createSecretKey(
        derive(this.#key, `portcullis/vault/key/v1\0${hash('sha256', tenant, 'hex')}`),
      );
      // Tenants are few; a flood of made-up ones must not stay.
      if (this.#keys.size >= 1_000) this.#keys.clear();
      this.#keys.set(tenant, key);
    }
    return key;
  }
}

/** HKDF-SHA-256 (RFC 5869). */
function derive(key: Uint8Array, info: string): Buffer {
  return Buffer.from(hkdfSync('sha256', key, '', info, 32));
}

function additional(place: Place): Buffer {
  return Buffer.from(JSON.stringify([place.tenant, place.name, place.kind, place.expires]));
}
