/**
 * Segments come and go: a full one is followed by the next, with the state kept at the boundary; what retention drops
 * leaves a signed summary, from which start and verification go on.
 */
import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { NoteSigner } from '../../crypto/note.ts';
import { noteVerifier } from '../../crypto/note.ts';
import { CheckpointReader, checkpointEntry, readCheckpoint } from '../format/checkpoint.ts';
import { listJournal, readSealFile, type SealFile, type SegmentFile } from '../format/files.ts';
import {
  CHECKPOINTS_FILE,
  segmentName,
  snapshotName,
  summaryName,
  UNFINISHED,
} from '../format/format.ts';
import { type Seal, type SealKind, writeSeal } from '../format/seal.ts';
import type { FoldedState } from '../types.ts';
import type { Chain } from './chain.ts';
import { CheckpointFile, type Notary } from './notary.ts';
import { type WholeFile, writeWhole } from './place.ts';
import { SegmentWriter } from './writer.ts';

/** What to keep. Whole segments are dropped, oldest first, while either bound is exceeded; the one being written stays. */
export interface Retention {
  /** Bytes of all segments. */
  readonly bytes?: number;
  /** Milliseconds since a segment was written last. */
  readonly age?: number;
}

export interface RotationOptions {
  readonly dir: string;
  readonly segmentBytes: number;
  readonly retention: Retention | undefined;
  readonly signer: NoteSigner;
  readonly chain: Chain;
  readonly notary: Notary;
  readonly state: FoldedState;
  readonly now: () => number;
}

export class Rotation {
  readonly #options: RotationOptions;
  /** Bytes of the present segment at which to rotate: put off after a rotation that failed. */
  #at: number;

  constructor(options: RotationOptions) {
    this.#options = options;
    this.#at = options.segmentBytes;
  }

  due(writer: SegmentWriter): boolean {
    return writer.offset >= this.#at;
  }

  /** The state after the last written record, signed. */
  seal(kind: SealKind, writer: SegmentWriter): string {
    const { chain, state, signer, notary } = this.#options;
    const { seq: last, hash, time } = chain.written;
    const place = { segment: writer.first, end: writer.offset };
    const range = chain.tree.range();
    const checkpoint = readCheckpoint(notary.newest, signer.name) ?? { size: 0, root: '' };
    const seal: Seal = { last, hash, time, range, ...place, checkpoint, state: state.save() };
    return writeSeal(kind, seal, signer);
  }

  /**
   * INVARIANT: all that is written is synced and nothing is pending. Where the state is not that of the records (`whole`), the boundary gets no snapshot, and
   * retention drops nothing before it.
   */
  rotate(writer: SegmentWriter, whole: boolean): { next: SegmentWriter; snapshot?: WholeFile } {
    const { dir, chain, segmentBytes } = this.#options;
    this.#at = writer.offset + segmentBytes;
    const last = chain.written.seq;
    const text = whole ? this.seal('snapshot', writer) : undefined;
    const next = SegmentWriter.create(dir, last + 1);
    this.#at = segmentBytes;
    if (text === undefined) return { next };
    return { next, snapshot: { path: join(dir, snapshotName(last)), text } };
  }

  /** Drops what retention does not keep; what the journal then starts from, where that changed. */
  retain(): { last: number; range: readonly string[] } | undefined {
    const { retention, dir, signer } = this.#options;
    if (retention === undefined) return undefined;
    const files = listJournal(dir);
    const verifier = noteVerifier(signer.name, signer.key.publicKey);
    let drop: SealFile | undefined;
    for (const [snapshot, kept] of boundaries(files.segments, files.snapshots)) {
      if (!this.#exceeds(kept, files.segments)) break;
      drop = snapshot;
    }
    const seal = drop === undefined ? undefined : readSealFile(drop, verifier);
    if (seal === undefined) return undefined;
    // In this order whatever a crash leaves verifies.
    this.#trimCheckpoints(seal.last);
    writeWhole(join(dir, summaryName(seal.last)), writeSeal('summary', seal, signer));
    dropLeftover(dir);
    return seal;
  }

  /** Keeps the checkpoints over no fewer records than were dropped, and at least the newest. */
  #trimCheckpoints(size: number): void {
    const { dir, signer, notary } = this.#options;
    const reader = new CheckpointReader(join(dir, CHECKPOINTS_FILE));
    let kept = '';
    try {
      for (let entry = reader.peek(); entry !== undefined; entry = reader.peek()) {
        const checkpoint = readCheckpoint(entry.note, signer.name);
        if (checkpoint !== undefined && checkpoint.size < size) kept = '';
        else kept += checkpointEntry(entry.note);
        reader.take();
      }
    } finally {
      reader.close();
    }
    notary.continueIn(CheckpointFile.replace(dir, kept));
  }

  #exceeds(kept: readonly SegmentFile[], all: readonly SegmentFile[]): boolean {
    const { retention, now } = this.#options;
    // What stands before the boundary is dropped where keeping the last of it would exceed a bound.
    const last = all[all.length - kept.length - 1];
    if (last === undefined) return false;
    const bytes = [last, ...kept].reduce((sum, s) => sum + s.size, 0);
    if (retention?.bytes !== undefined && bytes > retention.bytes) return true;
    const age = now() - statSync(last.path).mtimeMs;
    return retention?.age !== undefined && age > retention.age;
  }
}

/** Deletes what a kill left half-written. For who opens the journal: nothing is being written yet. */
export function dropUnfinished(dir: string): void {
  for (const name of readdirSync(dir)) {
    if (name.endsWith(UNFINISHED)) rmSync(join(dir, name), { force: true });
  }
}

/** Deletes the segments and seals that the newest summary stands for, oldest first. */
export function dropLeftover(dir: string): void {
  const { leftover, obsolete } = listJournal(dir);
  for (const file of [...leftover, ...obsolete]) rmSync(file.path, { force: true });
}

/** Snapshots that lie between two segments, each with the segments behind it; oldest first. */
function boundaries(
  segments: readonly SegmentFile[],
  snapshots: readonly SealFile[],
): [SealFile, readonly SegmentFile[]][] {
  return snapshots.flatMap((snapshot) => {
    const at = segments.findIndex((s) => s.name === segmentName(snapshot.last + 1));
    return at < 1 ? [] : [[snapshot, segments.slice(at)] as [SealFile, readonly SegmentFile[]]];
  });
}
