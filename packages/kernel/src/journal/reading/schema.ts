/** The tables of `index.sqlite`: nothing in it that the segments could not give again, so it can be deleted. */
import type { DatabaseSync } from 'node:sqlite';
import { openRebuildable } from '../../store/sqlite.ts';

const VERSION = 1;

const TABLES = `
  CREATE TABLE IF NOT EXISTS meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS records(
    seq INTEGER PRIMARY KEY,
    segment INTEGER NOT NULL, at INTEGER NOT NULL, length INTEGER NOT NULL,
    time INTEGER NOT NULL, tenant TEXT NOT NULL, kind TEXT NOT NULL,
    id TEXT, session TEXT, principal TEXT, action TEXT, effect TEXT, status TEXT
  );
  CREATE INDEX IF NOT EXISTS by_id ON records(tenant, id) WHERE id IS NOT NULL;
  CREATE INDEX IF NOT EXISTS by_session ON records(tenant, session) WHERE session IS NOT NULL;
  CREATE INDEX IF NOT EXISTS by_principal ON records(tenant, principal) WHERE principal IS NOT NULL;
  CREATE INDEX IF NOT EXISTS by_action ON records(tenant, action) WHERE action IS NOT NULL;
  CREATE TABLE IF NOT EXISTS snapshots(slot INTEGER PRIMARY KEY, last INTEGER NOT NULL, seal TEXT NOT NULL);
`;

/** Opens the index, empty where it was damaged or of another version. */
export function openIndexFile(path: string, onDamage: (message: string) => void): DatabaseSync {
  return openRebuildable(
    path,
    {},
    (db) => {
      const { user_version } = db.prepare('PRAGMA user_version').get() as { user_version: number };
      if (user_version !== VERSION) {
        db.exec(
          'DROP TABLE IF EXISTS meta; DROP TABLE IF EXISTS records; DROP TABLE IF EXISTS tiles',
        );
        db.exec('DROP TABLE IF EXISTS snapshots');
      }
      db.exec(TABLES);
      db.exec(`PRAGMA user_version=${VERSION}`);
    },
    onDamage,
  );
}

/** The last record of this journal that the index has read; 0 where it knows another one, or none. */
export function indexedTo(db: DatabaseSync, journal: string): number {
  const meta = db.prepare('SELECT value FROM meta WHERE key = ?');
  const position = meta.get('position');
  if (position === undefined || meta.get('journal')?.value !== journal) return 0;
  return (JSON.parse(String(position.value)) as { seq: number }).seq;
}

/** Empties what was made from the segments; snapshots are signed and stay. */
export function emptyIndex(db: DatabaseSync): void {
  db.exec('BEGIN; DELETE FROM meta; DELETE FROM records; DELETE FROM tiles; COMMIT');
}

/** The two newest snapshots, newest first. */
export function readSnapshots(db: DatabaseSync): string[] {
  const rows = db.prepare('SELECT seal FROM snapshots ORDER BY last DESC').all();
  return rows.map((row) => String(row.seal));
}

export function writeSnapshot(db: DatabaseSync, last: number, seal: string): void {
  const newest = db.prepare('SELECT slot FROM snapshots ORDER BY last DESC LIMIT 1').get();
  const slot = newest?.slot === 0 ? 1 : 0;
  db.prepare('INSERT OR REPLACE INTO snapshots(slot, last, seal) VALUES(?, ?, ?)').run(
    slot,
    last,
    seal,
  );
}
