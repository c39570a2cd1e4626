/**
 * Merkle hashes for proofs, kept in the index in tiles of 256 at every eighth level (the widths of C2SP tlog-tiles),
 * made from the segments and made again when the index is lost. What a summary stands for is in its compact range.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { PortcullisError } from '../../errors.ts';
import { levelsOf, nodeHash } from '../merkle/merkle.ts';

const WIDTH = 256;
const STEP = 8;

interface Tile {
  readonly index: number;
  readonly bytes: Buffer;
  changed: boolean;
}

export class Tiles {
  readonly #get: StatementSync;
  readonly #put: StatementSync;
  readonly #drop: StatementSync;
  /** The tile written last, a level each. */
  readonly #open: (Tile | undefined)[] = [];
  #base = 0;
  #baseNodes = new Map<string, Buffer>();

  constructor(db: DatabaseSync) {
    db.exec(
      'CREATE TABLE IF NOT EXISTS tiles(level INTEGER, idx INTEGER, bytes BLOB NOT NULL, PRIMARY KEY(level, idx)) WITHOUT ROWID',
    );
    this.#get = db.prepare('SELECT bytes FROM tiles WHERE level = ? AND idx = ?');
    this.#put = db.prepare('INSERT OR REPLACE INTO tiles(level, idx, bytes) VALUES(?, ?, ?)');
    this.#drop = db.prepare('DELETE FROM tiles WHERE level = ? AND idx < ?');
  }

  /** Records up to `size` were dropped; their subtrees are the compact range. */
  startAt(size: number, range: readonly string[]): void {
    this.#base = size;
    this.#baseNodes = new Map();
    let start = 0;
    levelsOf(size).forEach((level, i) => {
      this.#baseNodes.set(`${level}:${start / 2 ** level}`, Buffer.from(range[i] as string, 'hex'));
      start += 2 ** level;
    });
  }

  /** The leaf of the record with seq `index + 1`. Leaves come in order. */
  set(index: number, leaf: Buffer): void {
    this.#write(0, index, leaf);
    let level = 0;
    let at = index;
    while ((at + 1) % WIDTH === 0) {
      at = (at + 1) / WIDTH - 1;
      level++;
      this.#write(level, at, this.node(level * STEP, at));
    }
  }

  /** Root of a perfect subtree of written leaves. Throws `not_found` where its records were dropped. */
  node(level: number, index: number): Buffer {
    const start = index * 2 ** level;
    if (start < this.#base) {
      const known = this.#baseNodes.get(`${level}:${index}`);
      if (known !== undefined) return known;
      if (level === 0 || start + 2 ** level <= this.#base) {
        throw new PortcullisError('not_found', 'the records that this proof needs were dropped');
      }
      return nodeHash(this.node(level - 1, index * 2), this.node(level - 1, index * 2 + 1));
    }
    const depth = level % STEP;
    if (depth !== 0) {
      const tile = this.#tile((level - depth) / STEP, Math.floor((index * 2 ** depth) / WIDTH));
      return subtree(tile.bytes, (index * 2 ** depth) % WIDTH, 2 ** depth);
    }
    if (level >= STEP && this.#missing(level / STEP, index)) {
      // a subtree of exactly one tile whose parent entry is being made
      return subtree(this.#tile(level / STEP - 1, index).bytes, 0, WIDTH);
    }
    const tile = this.#tile(level / STEP, Math.floor(index / WIDTH));
    const at = (index % WIDTH) * 32;
    return Buffer.from(tile.bytes.subarray(at, at + 32));
  }

  /** Within the transaction that keeps the position. */
  save(): void {
    this.#open.forEach((tile, level) => {
      if (tile !== undefined) this.#keep(level, tile);
    });
  }

  /** After a transaction that was rolled back: what is held may not be what is kept. */
  reset(): void {
    this.#open.length = 0;
  }

  /** Deletes whole tiles of dropped records. */
  prune(size: number): void {
    for (let level = 0, width = WIDTH; width <= size; level++, width *= WIDTH) {
      this.#drop.run(level, Math.floor(size / width));
    }
  }

  #keep(level: number, tile: Tile): void {
    if (!tile.changed) return;
    this.#put.run(level, tile.index, tile.bytes);
    tile.changed = false;
  }

  #missing(level: number, index: number): boolean {
    const tile = this.#tile(level, Math.floor(index / WIDTH));
    const at = (index % WIDTH) * 32;
    return tile.bytes.subarray(at, at + 32).every((byte) => byte === 0);
  }

  #write(level: number, index: number, node: Buffer): void {
    const tile = this.#tile(level, Math.floor(index / WIDTH));
    const open = this.#open[level];
    if (open !== undefined && open !== tile) this.#keep(level, open);
    node.copy(tile.bytes, (index % WIDTH) * 32);
    tile.changed = true;
    this.#open[level] = tile;
  }

  #tile(level: number, index: number): Tile {
    const open = this.#open[level];
    if (open?.index === index) return open;
    const row = this.#get.get(level, index) as { bytes: Uint8Array } | undefined;
    const bytes = Buffer.alloc(WIDTH * 32);
    if (row !== undefined) bytes.set(row.bytes);
    return { index, bytes, changed: false };
  }
}

function subtree(bytes: Buffer, from: number, count: number): Buffer {
  if (count === 1) return Buffer.from(bytes.subarray(from * 32, from * 32 + 32));
  return nodeHash(subtree(bytes, from, count / 2), subtree(bytes, from + count / 2, count / 2));
}
