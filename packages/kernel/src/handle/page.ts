/** One page of what a handle names: reads no more of the vault than it needs, and holds no more than a page of it. */
import { setImmediate as turn } from 'node:timers/promises';
import type { Json } from '@portcullis/wire';
import type { Rows } from '../frame/rows.ts';
import type { Vault } from '../journal/types.ts';
import { finds, type Query, shown } from './query.ts';
import { getPiece, type ValueHead } from './value.ts';

export interface Page {
  readonly rows: Json[];
  /** Rows that the filter found; all of them without one. */
  readonly found: number;
  /** Some were left for want of room, so that the next page begins there. */
  readonly next: number | undefined;
}

/** `room`: bytes of JSON; a first row larger than that is there all the same. undefined where a piece is gone. */
export async function readPage(
  vault: Vault,
  tenant: string,
  head: ValueHead,
  query: Query,
  room: number,
): Promise<Page | undefined> {
  const page = new PageOf(query, room);
  if (head.inline !== undefined) page.see(head.inline);
  let looked = false;
  for (const [name, rows] of head.pieces) {
    if (page.skips(rows)) continue;
    // A filter looks through all of them: others have their turn between.
    if (looked) await turn();
    looked = true;
    const piece = await getPiece(vault, tenant, name);
    if (piece === undefined) return undefined;
    page.see(piece);
  }
  return { rows: page.rows, found: page.found, next: page.next };
}

class PageOf {
  readonly rows: Json[] = [];
  found = 0;
  next: number | undefined;
  readonly #query: Query;
  #room: number;

  constructor(query: Query, room: number) {
    this.#query = query;
    this.#room = room;
  }

  get #full(): boolean {
    return this.next !== undefined;
  }

  /** Without a filter, a piece before or after the page needs no look. */
  skips(rows: number): boolean {
    const before = this.found + rows <= this.#query.offset;
    if (this.#query.filter.length > 0 || !(before || this.#full)) return false;
    this.found += rows;
    return true;
  }

  see(rows: Rows): void {
    for (const row of rows) {
      if (this.#query.filter.length > 0 && !finds(this.#query, row)) continue;
      const at = this.found++;
      if (at < this.#query.offset || this.#full) continue;
      const part = shown(this.#query, row);
      const size = Buffer.byteLength(JSON.stringify(part)) + 1;
      if (this.rows.length >= this.#query.limit || (size > this.#room && this.rows.length > 0)) {
        this.next = at;
        continue;
      }
      this.#room -= size;
      this.rows.push(part);
    }
  }
}
