/**
 * The reading side of a journal on disk: queries, single records, proofs. It follows the segments through the index and
 * never touches what is written.
 */
import type { DatabaseSync } from 'node:sqlite';
import { setImmediate as turn } from 'node:timers/promises';
import type { JournalPage, JournalQuery, JournalRecord } from '@portcullis/wire';
import { PortcullisError } from '../../errors.ts';
import { consistencyPath, inclusionPath } from '../merkle/proof.ts';
import { CatchUp, type IndexBase } from './catchup.ts';
import { checkQuery, Queries } from './query.ts';
import { writeSnapshot } from './schema.ts';

/** Milliseconds of one slice of catching up while somebody waits. */
const SLICE = 8;
/** Steps without a record after which the index is taken to be stuck. */
const MOST_IDLE = 8;

export class Archive {
  readonly #db: DatabaseSync;
  readonly #catchUp: CatchUp;
  readonly #queries: Queries;
  #closed = false;

  constructor(db: DatabaseSync, dir: string, base: IndexBase) {
    this.#db = db;
    this.#catchUp = new CatchUp(db, dir, base);
    this.#queries = new Queries(db, dir);
  }

  /** Last record in the index. */
  get seq(): number {
    return this.#catchUp.seq;
  }

  /** One bounded step towards record `to`; true when there. Faults are thrown as SQLite throws them. */
  step(to: number, budget: number): boolean {
    return this.#closed || this.#catchUp.slice(to, budget);
  }

  async page(tenant: string, query: JournalQuery, last: number): Promise<JournalPage> {
    checkQuery(query);
    await this.#reach(last);
    return this.#guarded(() => this.#queries.page(tenant, query, last));
  }

  async record(seq: number, last: number): Promise<JournalRecord | undefined> {
    if (!Number.isSafeInteger(seq) || seq < 1 || seq > last) return undefined;
    await this.#reach(seq);
    return this.#guarded(() => this.#queries.record(seq));
  }

  async byAction(tenant: string, id: string, last: number): Promise<readonly JournalRecord[]> {
    await this.#reach(last);
    return this.#guarded(() => this.#queries.byAction(tenant, id));
  }

  /** Leaf and audit path of a record in the tree of `size`; lower-case hex. */
  async inclusion(seq: number, size: number): Promise<{ leaf: string; path: string[] }> {
    await this.#reach(size);
    return this.#guarded(() => {
      const { tiles } = this.#catchUp;
      const leaf = tiles.node(0, seq - 1).toString('hex');
      const path = inclusionPath(seq - 1, size, (level, index) => tiles.node(level, index));
      return { leaf, path };
    });
  }

  async consistency(oldSize: number, newSize: number): Promise<string[]> {
    await this.#reach(newSize);
    return this.#guarded(() => {
      const { tiles } = this.#catchUp;
      return consistencyPath(oldSize, newSize, (level, index) => tiles.node(level, index));
    });
  }

  keepSnapshot(last: number, seal: string): void {
    writeSnapshot(this.#db, last, seal);
  }

  rebase(base: IndexBase): void {
    this.#catchUp.rebase(base);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#catchUp.close();
    this.#db.close();
  }

  async #reach(seq: number): Promise<void> {
    for (let idle = 0; ; idle++) {
      const before = this.seq;
      if (this.#guarded(() => this.step(seq, SLICE))) return;
      if (this.seq !== before) idle = 0;
      // A long line takes several pieces.
      if (idle === MOST_IDLE) {
        throw new PortcullisError('store_unavailable', 'the index cannot follow the journal');
      }
      await turn();
    }
  }

  #guarded<T>(work: () => T): T {
    if (this.#closed) throw new PortcullisError('store_unavailable', 'the journal is closed');
    try {
      return work();
    } catch (error) {
      if (error instanceof PortcullisError) throw error;
      const detail = `the index did not answer: ${(error as Error).message}`;
      throw new PortcullisError('store_unavailable', detail, { cause: error });
    }
  }
}
