/** Questions to the index: filters and paging, scoped by tenant, in slices that leave the event loop its turns. */
import { closeSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import { setImmediate as turn } from 'node:timers/promises';
import type { JournalPage, JournalQuery, JournalRecord } from '@portcullis/wire';
import { PortcullisError } from '../../errors.ts';
import { parseInstant } from '../../time/index.ts';
import { segmentName } from '../format/format.ts';

/** Members of a record that a query asks for by value. */
export const FIELDS = ['id', 'session', 'principal', 'action', 'effect', 'status', 'kind'] as const;
/** Sequence numbers that one statement may look at. */
const SLICE = 25_000;

interface Place {
  readonly seq: number;
  readonly segment: number;
  readonly at: number;
  readonly length: number;
}

/** Throws `malformed_request` for a limit, number or time that is none. */
export function checkQuery(query: JournalQuery): Required<
  Pick<JournalQuery, 'limit' | 'reverse'>
> & {
  since: number | undefined;
  until: number | undefined;
} {
  const limit = query.limit ?? 100;
  if (!Number.isInteger(limit) || limit < 1 || limit > 1_000) {
    throw new PortcullisError('malformed_request', 'limit is a whole number from 1 to 1000');
  }
  if (query.after !== undefined && !(Number.isSafeInteger(query.after) && query.after >= 0)) {
    throw new PortcullisError('malformed_request', 'after is a sequence number');
  }
  for (const field of FIELDS) {
    if (query[field] !== undefined && typeof query[field] !== 'string') {
      throw new PortcullisError('malformed_request', `${field} is a text`);
    }
  }
  const since = instant('since', query.since);
  const until = instant('until', query.until);
  return { limit, reverse: query.reverse === true, since, until };
}

export class Queries {
  readonly #db: DatabaseSync;
  readonly #dir: string;

  constructor(db: DatabaseSync, dir: string) {
    this.#db = db;
    this.#dir = dir;
  }

  /** `first` and `last` bound the records that there are. */
  async page(tenant: string, query: JournalQuery, last: number): Promise<JournalPage> {
    const { limit, reverse, since, until } = checkQuery(query);
    let low = since === undefined ? 0 : this.#firstAt(since) - 1;
    let high = until === undefined ? last : this.#firstAt(until + 1) - 1;
    if (query.after !== undefined) {
      if (reverse) high = Math.min(high, query.after - 1);
      else low = Math.max(low, query.after);
    }
    low = Math.max(low, this.#oldest() - 1);
    const places: Place[] = [];
    const find = this.#statement(tenant, query, reverse);
    let began = performance.now();
    while (low < high && places.length <= limit) {
      const from = reverse ? Math.max(low, high - SLICE) : low;
      const to = reverse ? high : Math.min(high, low + SLICE);
      places.push(...find(from, to, limit + 1 - places.length));
      if (reverse) high = from;
      else low = to;
      if (performance.now() - began > 5) {
        await turn();
        began = performance.now();
      }
    }
    const shown = places.slice(0, limit);
    const records = this.read(shown);
    const next = places.length > limit ? shown.at(-1)?.seq : undefined;
    return next === undefined ? { records } : { records, next };
  }

  record(seq: number): JournalRecord | undefined {
    const sql = 'SELECT seq, segment, at, length FROM records WHERE seq = ?';
    const place = this.#db.prepare(sql).get(seq) as unknown as Place | undefined;
    return place === undefined ? undefined : this.read([place])[0];
  }

  byAction(tenant: string, id: string): JournalRecord[] {
    const sql =
      'SELECT seq, segment, at, length FROM records WHERE tenant = ? AND id = ? ORDER BY seq LIMIT 1000';
    return this.read(this.#db.prepare(sql).all(tenant, id) as unknown as Place[]);
  }

  /** The records at these places, in their order. */
  read(places: readonly Place[]): JournalRecord[] {
    const files = new Map<number, number>();
    try {
      return places.map((place) => {
        let fd = files.get(place.segment);
        if (fd === undefined) {
          fd = openSync(join(this.#dir, segmentName(place.segment)), 'r');
          files.set(place.segment, fd);
        }
        const buffer = Buffer.allocUnsafe(place.length);
        const read = readSync(fd, buffer, 0, place.length, place.at);
        return JSON.parse(buffer.toString('utf8', 0, read)) as JournalRecord;
      });
    } finally {
      for (const fd of files.values()) closeSync(fd);
    }
  }

  #statement(
    tenant: string,
    query: JournalQuery,
    reverse: boolean,
  ): (from: number, to: number, limit: number) => Place[] {
    const given = FIELDS.filter((field) => query[field] !== undefined);
    const values: SQLInputValue[] = [tenant, ...given.map((field) => query[field] as string)];
    const where = ['tenant = ?', ...given.map((field) => `${field} = ?`), 'seq > ?', 'seq <= ?'];
    const statement = this.#db.prepare(
      `SELECT seq, segment, at, length FROM records WHERE ${where.join(' AND ')} ORDER BY seq ${reverse ? 'DESC' : 'ASC'} LIMIT ?`,
    );
    return (from, to, limit) => statement.all(...values, from, to, limit) as unknown as Place[];
  }

  /** Seq of the first record not before this time. INVARIANT: `time` never falls with seq. */
  #firstAt(time: number): number {
    const probe = this.#db.prepare(
      'SELECT seq, time FROM records WHERE seq >= ? ORDER BY seq LIMIT 1',
    );
    let low = this.#oldest();
    let high = this.#newest() + 1;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const row = probe.get(middle);
      if (row !== undefined && Number(row.time) < time) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #oldest(): number {
    return Number(this.#db.prepare('SELECT min(seq) AS seq FROM records').get()?.seq ?? 1);
  }

  #newest(): number {
    return Number(this.#db.prepare('SELECT max(seq) AS seq FROM records').get()?.seq ?? 0);
  }
}

function instant(name: string, value: unknown): number | undefined {
  if (value === undefined) return undefined;
  const time = typeof value === 'string' ? parseInstant(value) : undefined;
  if (time === undefined)
    throw new PortcullisError('malformed_request', `${name} is a time as RFC 3339 has it`);
  return time;
}
