/** What lies in the directory of a journal, by name. */
import { closeSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { NoteVerifier } from '../../crypto/note.ts';
import { readRegular } from '../../store/regular-file.ts';
import { seqOfName } from './format.ts';
import { readSeal, type Seal, type SealKind } from './seal.ts';

export interface SegmentFile {
  /** Seq of its first record. */
  readonly first: number;
  readonly name: string;
  readonly path: string;
  readonly size: number;
}

export interface SealFile {
  readonly kind: SealKind;
  readonly last: number;
  readonly name: string;
  readonly path: string;
}

export interface JournalFiles {
  /** Segments that no summary stands for, oldest first. */
  readonly segments: readonly SegmentFile[];
  /** Segments that the newest summary stands for: left over from a drop that was cut short. */
  readonly leftover: readonly SegmentFile[];
  /** Seals about records before the newest summary's last. */
  readonly obsolete: readonly SealFile[];
  /** The newest summary, where records were dropped. */
  readonly summary: SealFile | undefined;
  /** Oldest first. */
  readonly snapshots: readonly SealFile[];
  readonly checkpoints: boolean;
}

export function listJournal(dir: string): JournalFiles {
  const names = readdirSync(dir).sort();
  const seals = (kind: SealKind): SealFile[] =>
    names.flatMap((name) => {
      const last = seqOfName(name, kind);
      return last === undefined ? [] : [{ kind, last, name, path: join(dir, name) }];
    });
  const segments = names.flatMap((name) => {
    const first = seqOfName(name, 'jsonl');
    const path = join(dir, name);
    return first === undefined
      ? []
      : [{ first, name, path, size: statSync(path, { throwIfNoEntry: false })?.size ?? 0 }];
  });
  const summary = seals('summary').at(-1);
  const base = summary?.last ?? 0;
  return {
    segments: segments.filter((s) => s.first > base),
    leftover: segments.filter((s) => s.first <= base),
    obsolete: [...seals('summary'), ...seals('snapshot')].filter(
      (s) => s.last < base || (s.last === base && s.kind === 'snapshot'),
    ),
    summary,
    snapshots: seals('snapshot').filter((s) => s.last > base),
    checkpoints: names.includes('checkpoints'),
  };
}

/** Whether the line that ends at this offset is the record with this hash. */
export function endsRecord({ path, size }: SegmentFile, end: number, hash: string): boolean {
  const tail = `"hash":"${hash}"}\n`;
  if (end > size || end < tail.length) return false;
  const buffer = Buffer.alloc(tail.length);
  const fd = openSync(path, 'r');
  try {
    readSync(fd, buffer, 0, tail.length, end - tail.length);
  } finally {
    closeSync(fd);
  }
  return buffer.toString('latin1') === tail;
}

/** Bytes: what one text may have in this process. */
const MAX_SEAL = 512 * 1024 * 1024;

/** undefined where the file is not as signed, or speaks of another record than its name. */
export function readSealFile(file: SealFile, verifier: NoteVerifier): Seal | undefined {
  try {
    const seal = readSeal(file.kind, readRegular(file.path, MAX_SEAL), verifier);
    return seal?.last === file.last ? seal : undefined;
  } catch {
    return undefined;
  }
}
