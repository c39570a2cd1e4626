/**
 * When checkpoints are due, and their file. Under `fsync` a checkpoint only ever covers records that were synced before, so that a
 * journal cut behind one was not cut by a mere loss of power. Under `os` it covers what was written: records and checkpoint survive the
 * process alike, and what a power loss takes shows as a lost tail.
 */
import { closeSync, constants, fdatasyncSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { NoteSigner } from '../../crypto/note.ts';
import { type Checkpoint, checkpointEntry, signCheckpoint } from '../format/checkpoint.ts';
import { CHECKPOINT_RECORDS, CHECKPOINTS_FILE } from '../format/format.ts';
import { placeWhole } from './place.ts';
import { isFull, type Reserve } from './reserve.ts';
import type { Tree } from './tree/tree.ts';

const NEARLY = 0.75;

export class Notary {
  readonly #signer: NoteSigner;
  readonly #tree: Tree;
  readonly #reserve: Reserve | undefined;
  #file: CheckpointFile | undefined;
  #covered: number;
  #newest: string;

  /** `newest` is the last note of the file, over `covered` records. Without a file the newest is only held. */
  constructor(
    signer: NoteSigner,
    tree: Tree,
    last: { readonly covered: number; readonly newest: string },
    file?: { readonly file: CheckpointFile; readonly reserve: Reserve },
  ) {
    this.#signer = signer;
    this.#tree = tree;
    this.#covered = last.covered;
    this.#newest = last.newest;
    this.#file = file?.file;
    this.#reserve = file?.reserve;
  }

  /** Records that the newest checkpoint covers. */
  get covered(): number {
    return this.#covered;
  }

  get newest(): string {
    return this.#newest;
  }

  /** Records that no checkpoint covers yet. */
  get open(): number {
    return this.#tree.size - this.#covered;
  }

  /** Time to sync, so that a checkpoint stands when it is due. */
  get soon(): boolean {
    return this.open >= CHECKPOINT_RECORDS / 2;
  }

  /** Time to have a tree made by whoever has the time, so that none has to be made when one is due. */
  get nearlyDue(): boolean {
    return this.open >= CHECKPOINT_RECORDS * NEARLY;
  }

  get due(): boolean {
    return this.open >= CHECKPOINT_RECORDS;
  }

  /** The tree as it is now; undefined where the newest checkpoint covers it. */
  capture(): Checkpoint | undefined {
    return this.open === 0 ? undefined : this.#tree.now();
  }

  /** The same, handed on when it is known, which may be now; nothing where one is on its way already. */
  captureLater(take: (checkpoint: Checkpoint) => void): void {
    if (this.open > 0 && !this.#tree.busy) this.#tree.later(take);
  }

  /** Signs a tree whose records are as durable as configured. Throws what the system throws; nothing is covered then. */
  seal(checkpoint: Checkpoint): void {
    if (checkpoint.size <= this.#covered) return;
    const note = signCheckpoint(checkpoint, this.#signer);
    this.#append(checkpointEntry(note));
    this.#newest = note;
    this.#covered = checkpoint.size;
  }

  sync(): void {
    this.#file?.sync();
  }

  /** Goes on in a file that was written anew. */
  continueIn(file: CheckpointFile): void {
    this.#file?.close();
    this.#file = file;
  }

  close(): void {
    this.#file?.close();
    this.#file = undefined;
  }

  #append(text: string): void {
    try {
      this.#file?.append(text);
    } catch (error) {
      if (!isFull(error) || this.#reserve?.give(text.length) !== true) throw error;
      this.#file?.append(text);
    }
  }
}

/** The file `checkpoints`: whole notes are appended, or nothing. */
export class CheckpointFile {
  readonly #fd: number;
  #offset: number;

  private constructor(fd: number, offset: number) {
    this.#fd = fd;
    this.#offset = offset;
  }

  /** Goes on at `offset`; what stands behind it is cut off. */
  static resume(dir: string, offset: number): CheckpointFile {
    const path = join(dir, CHECKPOINTS_FILE);
    const fd = openSync(path, constants.O_WRONLY | (constants.O_NOFOLLOW ?? 0));
    ftruncateSync(fd, offset);
    return new CheckpointFile(fd, offset);
  }

  /** Puts a file with this text in the place of any other, whole or not at all. */
  static replace(dir: string, text: string): CheckpointFile {
    const path = join(dir, CHECKPOINTS_FILE);
    return new CheckpointFile(placeWhole(path, text), Buffer.byteLength(text));
  }

  append(text: string): void {
    const bytes = Buffer.from(text);
    let done = 0;
    try {
      while (done < bytes.length) {
        done += writeSync(this.#fd, bytes, done, bytes.length - done, this.#offset + done);
      }
    } catch (error) {
      ftruncateSync(this.#fd, this.#offset);
      throw error;
    }
    this.#offset += bytes.length;
  }

  sync(): void {
    fdatasyncSync(this.#fd);
  }

  close(): void {
    closeSync(this.#fd);
  }
}
