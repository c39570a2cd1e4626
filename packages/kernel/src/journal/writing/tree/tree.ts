/**
 * The Merkle tree of a journal that is written, some records behind it. A record is copied while it is hashed for the chain, and its leaf is made when a
 * checkpoint needs it: by a thread of its own where many came, else here. What is hashed are the bytes that were chained, not what stands in the file by then.
 */
import type { Checkpoint } from '../../format/checkpoint.ts';
import { MAX_RECORD } from '../../format/format.ts';
import { Frontier } from '../../merkle/merkle.ts';
import { grow, type Help } from './helper.ts';
import { takeIn } from './take-in.ts';

/** Bytes of written records after which they are taken in, whoever asked. */
const MOST = 2 * 1024 * 1024;
/** More than are ever added between two writes, each of which is at most a group and one record. */
const ROOM = MOST + 2 * MAX_RECORD;

/** Records one behind the other. */
interface Batch {
  readonly memory: SharedArrayBuffer;
  readonly bytes: Buffer;
  /** Bytes in use, those of written records, and how many these are. */
  end: number;
  written: number;
  records: number;
}

function newBatch(): Batch {
  const memory = new SharedArrayBuffer(ROOM);
  return { memory, bytes: Buffer.from(memory), end: 0, written: 0, records: 0 };
}

export class Tree {
  #frontier: Frontier;
  readonly #help: Help;
  /** What is added goes here. */
  #filling: Batch | undefined = undefined;
  #spare: Batch | undefined = undefined;
  /** What the thread has; taken in here, where somebody cannot wait for it. */
  #given: Batch | undefined = undefined;
  #added = 0;

  constructor(frontier: Frontier = new Frontier(), help: Help = grow) {
    this.#frontier = frontier;
    this.#help = help;
  }

  /** Written records. */
  get size(): number {
    return this.#frontier.size + (this.#given?.records ?? 0) + (this.#filling?.records ?? 0);
  }

  /** Records added and not yet settled. */
  get pending(): number {
    return this.#added;
  }

  /** The first bytes of `record`: what the leaf is hashed over. */
  add(record: Buffer, length: number): void {
    const batch = this.#filling ?? this.#next();
    record.copy(batch.bytes, batch.end, 0, length);
    batch.end += length;
    this.#added++;
  }

  #next(): Batch {
    const batch = this.#spare ?? newBatch();
    this.#spare = undefined;
    this.#filling = batch;
    return batch;
  }

  /** What was added is written. */
  settle(): void {
    const batch = this.#filling;
    if (batch === undefined) return;
    batch.records += this.#added;
    batch.written = batch.end;
    this.#added = 0;
    if (batch.written > MOST) this.#takeIn();
  }

  /** What was added is not written and never will be. */
  drop(): void {
    this.#added = 0;
    if (this.#filling !== undefined) this.#filling.end = this.#filling.written;
  }

  /** All written records, now. */
  now(): Checkpoint {
    this.#takeIn();
    return { size: this.size, root: this.#frontier.root().toString('hex') };
  }

  /** As in the constructor: what a tree can be gone on with from. */
  range(): string[] {
    this.#takeIn();
    return this.#frontier.range();
  }

  /** Whether the thread is at it. */
  get busy(): boolean {
    return this.#given !== undefined;
  }

  /** `now`, and where there is a thread some turns later; not at all where that dies. For who has many records: a thread takes memory. */
  later(done: (checkpoint: Checkpoint) => void): void {
    const batch = this.#filling;
    if (batch === undefined || this.#added > 0 || this.busy || !this.#give(batch, done)) {
      done(this.now());
      return;
    }
    this.#given = batch;
    this.#filling = undefined;
  }

  #give(batch: Batch, done: (checkpoint: Checkpoint) => void): boolean {
    const { memory, written: end } = batch;
    const { size } = this.#frontier;
    return this.#help({ memory, end, size, range: this.#frontier.range() }, (grown) => {
      if (this.#given === batch) {
        this.#frontier = new Frontier(grown.size, grown.range);
        this.#given = undefined;
        this.#spare = emptied(batch);
      }
      done({ size: grown.size, root: grown.root });
    });
  }

  #takeIn(): void {
    if (this.#given !== undefined) {
      takeIn(this.#frontier, this.#given.bytes, this.#given.written);
      // The thread may still read it: it is not filled again.
      this.#given = undefined;
    }
    const batch = this.#filling;
    if (batch === undefined) return;
    const { bytes, written, end } = batch;
    takeIn(this.#frontier, bytes, written);
    bytes.copyWithin(0, written, end);
    emptied(batch).end = end - written;
  }
}

function emptied(batch: Batch): Batch {
  batch.end = 0;
  batch.written = 0;
  batch.records = 0;
  return batch;
}
