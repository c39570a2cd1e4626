/**
 * One writer a data directory: an exclusive SQLite lock, held for as long as the journal is open. The system drops it
 * with a process that dies, so no stale lock ever needs a hand.
 */
import type { DatabaseSync } from 'node:sqlite';
import { PortcullisError } from '../../errors.ts';
import { isBusy, openSqlite } from '../../store/sqlite.ts';

export interface Lock {
  close(): void;
}

/** Throws `already_running` where another journal, of this process or another, holds it. */
export function takeLock(path: string): Lock {
  let db: DatabaseSync | undefined;
  try {
    db = openSqlite(path, { journalMode: 'DELETE', busyTimeout: 0 });
    db.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    db?.close();
    if (!isBusy(error)) throw error;
    throw new PortcullisError(
      'already_running',
      `another process has this journal open: ${path} is locked`,
    );
  }
  const held = db;
  return { close: () => held.close() };
}
