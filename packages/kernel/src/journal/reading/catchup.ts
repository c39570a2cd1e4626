/**
 * Brings the index up to the segments in bounded slices: on a query, and in idle moments. Position and content change in
 * one transaction, so that a crash leaves an index that is behind, never one that is wrong.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { JournalRecord } from '@portcullis/wire';
import { endsRecord, listJournal, type SegmentFile } from '../format/files.ts';
import { LineReader } from '../format/lines.ts';
import { RecordHasher } from '../format/record.ts';
import { emptyIndex } from './schema.ts';
import { Tiles } from './tiles.ts';

/** What the segments start from. */
export interface IndexBase {
  readonly journal: string;
  readonly last: number;
  readonly range: readonly string[];
}

interface Position {
  /** Last record in the index. */
  seq: number;
  hash: string;
  /** First seq of the segment that is read, and the offset in it. */
  segment: number;
  at: number;
}

const INSERT = `INSERT OR REPLACE INTO records
  (seq, segment, at, length, time, tenant, kind, id, session, principal, action, effect, status)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;

export class CatchUp {
  readonly tiles: Tiles;
  readonly #db: DatabaseSync;
  readonly #dir: string;
  readonly #insert: StatementSync;
  readonly #putMeta: StatementSync;
  readonly #hasher = new RecordHasher();
  #position: Position;
  #reader: LineReader | undefined = undefined;

  constructor(db: DatabaseSync, dir: string, base: IndexBase) {
    this.#db = db;
    this.#dir = dir;
    this.tiles = new Tiles(db);
    this.tiles.startAt(base.last, base.range);
    this.#insert = db.prepare(INSERT);
    this.#putMeta = db.prepare('INSERT OR REPLACE INTO meta(key, value) VALUES(?, ?)');
    this.#position = this.#resume(base);
  }

  /** Last record in the index. */
  get seq(): number {
    return this.#position.seq;
  }

  /** Works for about `budget` milliseconds, at most up to record `to`; true when the index holds it. */
  slice(to: number, budget: number): boolean {
    if (this.#position.seq >= to) return true;
    this.#db.exec('BEGIN');
    const until = performance.now() + budget;
    try {
      // One piece at least: a machine too busy to leave us any time still gets there.
      do {
        if (!this.#read(to)) break;
      } while (this.#position.seq < to && performance.now() < until);
      this.tiles.save();
      this.#putMeta.run('position', JSON.stringify(this.#position));
      this.#db.exec('COMMIT');
    } catch (error) {
      this.#rewind();
      throw error;
    }
    return this.#position.seq >= to;
  }

  /** The journal dropped its records up to `base.last`. */
  rebase(base: IndexBase): void {
    this.tiles.startAt(base.last, base.range);
    this.#db.prepare('DELETE FROM records WHERE seq <= ?').run(base.last);
    this.tiles.prune(base.last);
    if (this.#position.seq < base.last) this.#position = this.#fresh(base);
  }

  close(): void {
    this.#reader?.close();
    this.#reader = undefined;
  }

  /** Reads one piece of the present segment, or goes to the next; false where there is nothing more. */
  #read(to: number): boolean {
    const position = this.#position;
    this.#reader ??= new LineReader(this.#segment(position.segment)?.path ?? '', position.at);
    const before = position.seq;
    const visit = (buffer: Buffer, start: number, end: number, offset: number): boolean => {
      this.#add(buffer, start, end, offset);
      return position.seq < to;
    };
    const more = this.#reader.step(visit);
    if (more) return true;
    this.close();
    if (position.seq > before) return true;
    const next = this.#segment(position.seq + 1);
    if (next === undefined || next.first === position.segment) return false;
    position.segment = next.first;
    position.at = 0;
    return true;
  }

  #add(buffer: Buffer, start: number, end: number, offset: number): void {
    const record = JSON.parse(buffer.toString('utf8', start, end)) as JournalRecord;
    const position = this.#position;
    this.#hasher.previous = record.prev;
    const length = this.#hasher.load(buffer, start, end);
    this.tiles.set(record.seq - 1, Buffer.from(this.#hasher.leaf(length), 'latin1'));
    this.#insert.run(
      record.seq,
      position.segment,
      offset,
      end - start,
      Date.parse(record.ts),
      record.tenant,
      record.kind,
      text(record.id),
      text(record.session),
      text(record.principal),
      text(record.action),
      text(record.effect),
      text(record.status),
    );
    position.seq = record.seq;
    position.hash = record.hash;
    position.at = offset + (end - start) + 1;
  }

  #segment(first: number): SegmentFile | undefined {
    const { segments } = listJournal(this.#dir);
    return segments.find((s) => s.first === first);
  }

  /** The kept position where it fits this journal, else an empty index. */
  #resume(base: IndexBase): Position {
    const rows = this.#db.prepare('SELECT key, value FROM meta').all();
    const meta = new Map(rows.map((row) => [String(row.key), String(row.value)]));
    const position = meta.get('position');
    if (meta.get('journal') === base.journal && position !== undefined) {
      const kept = JSON.parse(position) as Position;
      if (kept.seq >= base.last && this.#fits(kept)) return kept;
    }
    emptyIndex(this.#db);
    this.#putMeta.run('journal', base.journal);
    return this.#fresh(base);
  }

  #fresh(base: IndexBase): Position {
    this.close();
    return { seq: base.last, hash: '', segment: base.last + 1, at: 0 };
  }

  /** The line before the position is the record that the position names. */
  #fits(position: Position): boolean {
    const segment = this.#segment(position.segment);
    return segment !== undefined && endsRecord(segment, position.at, position.hash);
  }

  #rewind(): void {
    try {
      this.#db.exec('ROLLBACK');
    } catch {
      // SQLite has rolled back itself
    }
    this.tiles.reset();
    this.close();
    const row = this.#db.prepare("SELECT value FROM meta WHERE key = 'position'").get();
    if (row !== undefined) this.#position = JSON.parse(String(row.value)) as Position;
  }
}

const text = (value: unknown): string | null => (typeof value === 'string' ? value : null);
