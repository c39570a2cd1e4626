/**
 * Opens the journal of a data directory: takes the lock, folds what is there into the state, repairs what a crash may
 * leave, and reports what it found. What no crash can leave is not repaired: such a journal opens for reading only.
 */

import { randomBytes } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import type { VerifyProblem } from '@portcullis/wire';
import type { SigningKey } from '../../crypto/ed25519.ts';
import { type NoteSigner, noteVerifier } from '../../crypto/note.ts';
import { PortcullisError } from '../../errors.ts';
import { makeDir } from '../../store/make-dir.ts';
import { checkpointEntry, signCheckpoint } from '../format/checkpoint.ts';
import { type JournalFiles, listJournal, readSealFile } from '../format/files.ts';
import { checkpointOrigin, NODE_NAME, RESERVE_FILE, SIGNER_NAME } from '../format/format.ts';
import { findOrigin } from '../format/origin.ts';
import type { Seal } from '../format/seal.ts';
import { FileJournal } from '../journal.ts';
import { EMPTY_ROOT } from '../merkle/merkle.ts';
import { Archive } from '../reading/archive.ts';
import { indexedTo, openIndexFile, readSnapshots } from '../reading/schema.ts';
import type { FoldedState, Journal } from '../types.ts';
import { verifyJournal } from '../verifying/verify.ts';
import { Chain } from '../writing/chain.ts';
import type { Durability, Grouping } from '../writing/groups.ts';
import { CheckpointFile, Notary } from '../writing/notary.ts';
import { writeWhole } from '../writing/place.ts';
import { Reserve } from '../writing/reserve.ts';
import { dropLeftover, dropUnfinished, type Retention, Rotation } from '../writing/rotation.ts';
import { Tree } from '../writing/tree/tree.ts';
import { SegmentWriter } from '../writing/writer.ts';
import { DamagedJournal } from './damaged.ts';
import { type Lock, takeLock } from './lock.ts';
import { type Found, loadState, readJournal } from './recover.ts';

export interface OpenJournalOptions {
  /** Directory of segments, checkpoints and summaries; made 0700 where it is not there. */
  readonly dir: string;
  /** `index.sqlite` */
  readonly indexPath: string;
  /** `lock.sqlite` */
  readonly lockPath: string;
  /** Names this node in every record: 1 to 64 of A-Z a-z 0-9 . _ - */
  readonly node: string;
  readonly durability: Durability;
  /** Default `tick`. */
  readonly grouping?: Grouping;
  /** `name` stands before the journal id in the origin of checkpoints: `portcullis`, `example.com/gate`. */
  readonly signer: { readonly key: SigningKey; readonly name: string };
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly segmentBytes?: number;
  readonly retention?: Retention;
  /**
   * Bytes that the room for outcomes may take: 2 KiB for each intent that waits for its own. Default 256 MiB, some 130,000 intents; beyond
   * it intents are refused, all else goes on. The file grows as it is needed and starts with 2 MiB.
   */
  readonly reserveBytes?: number;
  readonly state: FoldedState;
  readonly onMessage: (level: 'notice' | 'fault', message: string) => void;
}

/** How the last run ended, as far as the files tell. */
export interface Recovery {
  readonly created: boolean;
  readonly records: number;
  /** Seq of the saved state that was taken; 0 where there was none. */
  readonly from: number;
  /** Records folded on top of it. */
  readonly folded: number;
  /** A last line that was cut short: moved to the file named, recorded as `torn_tail`. */
  readonly torn?: { readonly segment: string; readonly bytes: number; readonly file: string };
  /** Records that a checkpoint knew are gone, the rest is whole: recorded as `lost_tail`. No kill -9 and no honest disk leaves this. */
  readonly lost?: { readonly have: number; readonly known: number };
  /** The index has read further than the journal goes: an older copy was put in its place, or power was lost. Recorded as `rolled_back`. */
  readonly older?: { readonly have: number; readonly known: number };
  /** Tampering or damage: the journal can be read up to there and is not writable. */
  readonly problem?: VerifyProblem;
}

export interface OpenedJournal {
  readonly journal: Journal;
  readonly recovery: Recovery;
}

const SEGMENT_BYTES = 64 * 1024 * 1024;
const RESERVE_BYTES = 256 * 1024 * 1024;

/**
 * Throws `already_running` where another journal has the directory, `journal_unavailable` where the state cannot be
 * rebuilt, and what the system throws where files cannot be read.
 */
export async function openJournal(options: OpenJournalOptions): Promise<OpenedJournal> {
  if (!NODE_NAME.test(options.node)) throw new Error('the name of the node is not well-formed');
  if (!SIGNER_NAME.test(options.signer.name))
    throw new Error('the name of the signer is not well-formed');
  makeDir(options.dir, 0o700);
  const lock = takeLock(options.lockPath);
  let index: DatabaseSync | undefined;
  try {
    index = openIndexFile(options.indexPath, (message) => options.onMessage('fault', message));
    return await open(options, lock, index);
  } catch (error) {
    index?.close();
    lock.close();
    throw error;
  }
}

async function open(
  options: OpenJournalOptions,
  lock: Lock,
  index: DatabaseSync,
): Promise<OpenedJournal> {
  const { dir, state } = options;
  let files = listJournal(dir);
  const created = !files.checkpoints && files.segments.length === 0 && files.summary === undefined;
  if (created) createJournal(options);
  else {
    dropUnfinished(dir);
    dropLeftover(dir);
  }
  files = listJournal(dir);
  const id = journalId(dir, files);
  const origin = checkpointOrigin(options.signer.name, id);
  const signer: NoteSigner = { name: origin, key: options.signer.key };
  const verifier = noteVerifier(origin, options.signer.key.publicKey);

  const from = loadState(files, readSnapshots(index), verifier, state);
  if (from === undefined && files.summary !== undefined) {
    throw new PortcullisError(
      'journal_unavailable',
      `${files.summary.name} cannot be read, and the records that it stands for are gone`,
    );
  }
  const found = await readJournal(dir, id, files, from, verifier, state);
  const summary = files.summary === undefined ? undefined : readSealFile(files.summary, verifier);
  const problem = found.problem ?? originProblem(dir, origin) ?? baseProblem(files, summary);
  const known = indexedTo(index, id);
  const older =
    known > found.seq && found.lost === undefined ? { have: found.seq, known } : undefined;
  const base = { journal: id, last: summary?.last ?? 0, range: summary?.range ?? [] };
  const archive = new Archive(index, dir, base);
  const told = { created, records: found.seq, from: found.from, folded: found.folded };
  if (problem !== undefined) {
    options.onMessage('fault', `the journal is damaged: ${problem.segment}: ${problem.message}`);
    const { publicKey } = options.signer.key;
    const verify = () => verifyJournal(dir, { publicKey });
    const { seq, newest } = found;
    const journal = new DamagedJournal({ id, seq, newest, problem, archive, lock, verify });
    return { journal, recovery: { ...told, problem } };
  }
  const torn = keepTorn(dir, found);
  const journal = assemble(options, { id, signer, found, archive, lock });
  const lost = found.lost === undefined ? undefined : { have: found.seq, known: found.lost.known };
  await record(journal, options, found, torn, older);
  return {
    journal,
    recovery: {
      ...told,
      ...(torn === undefined ? {} : { torn }),
      ...(lost === undefined ? {} : { lost }),
      ...(older === undefined ? {} : { older }),
    },
  };
}

/** The empty journal is a checkpoint over no records: from then on it cannot vanish unseen. */
function createJournal(options: OpenJournalOptions): void {
  const id = randomBytes(16).toString('hex');
  const signer = { name: checkpointOrigin(options.signer.name, id), key: options.signer.key };
  const root = EMPTY_ROOT.toString('hex');
  CheckpointFile.replace(
    options.dir,
    checkpointEntry(signCheckpoint({ size: 0, root }, signer)),
  ).close();
}

function journalId(dir: string, files: JournalFiles): string {
  const origin = files.checkpoints ? findOrigin(dir) : undefined;
  if (origin !== undefined) return origin.journal;
  throw new PortcullisError(
    'journal_unavailable',
    'the file of checkpoints is missing or does not begin with a checkpoint, though there are records',
  );
}

/** The journal was begun under another signer name: its checkpoints cannot be continued. */
function originProblem(dir: string, origin: string): VerifyProblem | undefined {
  const name = findOrigin(dir)?.name;
  if (name === origin) return undefined;
  const message = `the checkpoints are signed as ${name}, not as ${origin}`;
  return { what: 'bad_signature', segment: 'checkpoints', line: 1, message };
}

/** The oldest segment does not begin where the summary, or the journal, says that it does. */
function baseProblem(files: JournalFiles, summary: Seal | undefined): VerifyProblem | undefined {
  if (files.summary !== undefined && summary === undefined) {
    const message = 'the summary is not as it was signed';
    return { what: 'bad_signature', segment: files.summary.name, message };
  }
  const expected = (summary?.last ?? 0) + 1;
  const first = files.segments[0];
  if (first === undefined || first.first === expected) return undefined;
  const message = `record ${expected} should come first, the segment starts with ${first.first}`;
  return { what: 'missing', segment: first.name, seq: expected, message };
}

/** Puts what stands behind the last whole record into a file of its own. */
function keepTorn(dir: string, found: Found): Recovery['torn'] {
  if (found.torn === undefined) return undefined;
  const { segment, at, bytes } = found.torn;
  const name = `${segment.name}.${at}.torn`;
  const buffer = Buffer.alloc(Math.min(bytes, 1 << 24));
  const fd = openSync(segment.path, 'r');
  let read = 0;
  try {
    read = readSync(fd, buffer, 0, buffer.length, at);
  } finally {
    closeSync(fd);
  }
  writeWhole(join(dir, name), buffer.subarray(0, read));
  return { segment: segment.name, bytes, file: name };
}

function assemble(
  options: OpenJournalOptions,
  parts: { id: string; signer: NoteSigner; found: Found; archive: Archive; lock: Lock },
): FileJournal {
  const { dir, durability, state, now, onMessage } = options;
  const { id, signer, found, archive, lock } = parts;
  const reserve = new Reserve(join(dir, RESERVE_FILE), options.reserveBytes ?? RESERVE_BYTES);
  reserve.fill();
  const head = { seq: found.seq, hash: found.hash, time: found.time };
  const chain = new Chain(options.node, id, head, new Tree(found.frontier));
  const file = CheckpointFile.resume(dir, found.checkpointBytes);
  const last = { covered: found.covered, newest: found.newest };
  const notary = new Notary(signer, chain.tree, last, { file, reserve });
  const writer =
    found.tail === undefined
      ? SegmentWriter.create(dir, found.seq + 1)
      : SegmentWriter.resume(dir, found.tail.segment.first, found.tail.end);
  const segmentBytes = options.segmentBytes ?? SEGMENT_BYTES;
  const { retention } = options;
  const rotation = new Rotation({
    dir,
    segmentBytes,
    retention,
    signer,
    chain,
    notary,
    state,
    now,
  });
  return new FileJournal({
    id,
    dir,
    durability,
    grouping: options.grouping ?? 'tick',
    chain,
    writer,
    reserve,
    notary,
    rotation,
    archive,
    signer,
    lock,
    onMessage,
  });
}

/** What opening found becomes part of the journal, and a checkpoint covers what the last run left uncovered. */
async function record(
  journal: FileJournal,
  options: OpenJournalOptions,
  found: Found,
  torn: Recovery['torn'],
  older: Recovery['older'],
): Promise<void> {
  const events: object[] = [];
  if (found.lost !== undefined) {
    const { known, root } = found.lost;
    events.push({ event: 'lost_tail', have: found.seq, size: known, root });
    const message = `records ${found.seq + 1} to ${known} are gone, though a checkpoint knows them`;
    options.onMessage('fault', message);
  }
  if (older !== undefined) {
    events.push({ event: 'rolled_back', ...older });
    const message = `the journal ends at record ${older.have}, though its index has read ${older.known}: an older one is in its place, or power was lost`;
    options.onMessage('fault', `${message}; what was revoked or used since then is not known`);
  }
  if (torn !== undefined) {
    events.push({ event: 'torn_tail', ...torn });
    options.onMessage('notice', `a line that was cut short is kept in ${torn.file}`);
  }
  for (const event of events) {
    const members = JSON.stringify(event).slice(1, -1);
    try {
      const at = options.now();
      journal.append({ kind: 'system', tenant: 'default', at, members }).durable.catch(() => {});
    } catch (error) {
      options.onMessage('fault', `what opening found is not recorded: ${(error as Error).message}`);
    }
  }
  await journal.checkpoint().catch((error: Error) => {
    options.onMessage('fault', `no checkpoint could be made: ${error.message}`);
  });
  journal.upkeep();
}
