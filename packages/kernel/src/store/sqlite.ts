/**
 * One way to open SQLite for lock, index and vault: private to its owner, WAL, no surprises from the file. A database
 * that is damaged and can be rebuilt is set aside, never deleted.
 */
import { chmodSync, closeSync, constants, lstatSync, openSync, renameSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

export interface SqliteOptions {
  /** NORMAL survives kill -9, FULL power loss. Default NORMAL. */
  readonly synchronous?: 'NORMAL' | 'FULL';
  /** WAL, or DELETE for a database that is held locked for good. Default WAL. */
  readonly journalMode?: 'WAL' | 'DELETE';
  /** Bytes of a page of a database that is made anew: as many as most rows need. Default 4,096. */
  readonly page?: number;
  /** Milliseconds to wait for another connection's lock. Default 2,000. */
  readonly busyTimeout?: number;
}

/** Bytes of the log beside a database, at which it is copied there. */
const LOG = 16 * 1024 * 1024;

/** Opens or creates the database, 0600. Throws where the path is a link or no regular file, or SQLite refuses. */
export function openSqlite(path: string, options: SqliteOptions = {}): DatabaseSync {
  if (path !== ':memory:') makePrivate(path);
  const db = new DatabaseSync(path, { timeout: options.busyTimeout ?? 2_000 });
  try {
    db.exec(`PRAGMA page_size=${options.page ?? 4_096}`);
    db.exec(`PRAGMA journal_mode=${options.journalMode ?? 'WAL'}`);
    db.exec(`PRAGMA synchronous=${options.synchronous ?? 'NORMAL'}`);
    // The page is that of an existing database where that has another.
    const page = Number(db.prepare('PRAGMA page_size').get()?.page_size);
    db.exec(`PRAGMA wal_autocheckpoint=${Math.floor(LOG / page)}`);
    db.exec('PRAGMA temp_store=MEMORY; PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON');
  } catch (error) {
    db.close();
    throw error;
  }
  return db;
}

/**
 * Opens a database whose content can be made anew: where SQLite calls the file damaged, it is renamed to
 * `<path>.damaged` and an empty one takes its place. `prepare` makes the tables and is part of the attempt.
 */
export function openRebuildable(
  path: string,
  options: SqliteOptions,
  prepare: (db: DatabaseSync) => void,
  onDamage: (message: string) => void,
): DatabaseSync {
  try {
    return openPrepared(path, options, prepare);
  } catch (error) {
    if (path === ':memory:' || !isDamage(error)) throw error;
    onDamage(`${path} is damaged and was set aside: ${(error as Error).message}`);
    setAside(path);
    return openPrepared(path, options, prepare);
  }
}

/** SQLITE_CORRUPT and SQLITE_NOTADB: the file itself is wrong, not the disk or a lock. */
function isDamage(error: unknown): boolean {
  const code = (error as { errcode?: number }).errcode;
  return code !== undefined && ((code & 0xff) === 11 || (code & 0xff) === 26);
}

/** SQLITE_BUSY and SQLITE_LOCKED: somebody else holds it. */
export function isBusy(error: unknown): boolean {
  const code = (error as { errcode?: number }).errcode;
  return code !== undefined && ((code & 0xff) === 5 || (code & 0xff) === 6);
}

function openPrepared(
  path: string,
  options: SqliteOptions,
  prepare: (db: DatabaseSync) => void,
): DatabaseSync {
  const db = openSqlite(path, options);
  try {
    prepare(db);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

function setAside(path: string): void {
  renameSync(path, `${path}.damaged`);
  for (const suffix of ['-wal', '-shm']) {
    try {
      renameSync(path + suffix, `${path}.damaged${suffix}`);
    } catch {
      // not every database has them
    }
  }
}

/**
 * SQLite gives its side files the mode of the database, so the database is made 0600 before SQLite sees it.
 * INVARIANT: an existing file is never opened and closed here, for that would drop this process's own POSIX locks on it.
 */
function makePrivate(path: string): void {
  try {
    const flags = constants.O_CREAT | constants.O_EXCL | constants.O_RDWR;
    closeSync(openSync(path, flags, 0o600));
    return;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const stat = lstatSync(path);
  if (!stat.isFile()) throw new Error(`${path} is not a regular file`);
  if (process.platform !== 'win32' && (stat.mode & 0o077) !== 0) chmodSync(path, 0o600);
}
