/**
 * What opening finds in the files: the newest state that can be trusted, every record after it, checked and folded, and
 * how the last run ended. Nothing is changed here.
 */
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import type { JournalRecord, Json, VerifyProblem } from '@portcullis/wire';
import type { NoteVerifier } from '../../crypto/note.ts';
import { CheckpointReader, readCheckpoint } from '../format/checkpoint.ts';
import { endsRecord, type JournalFiles, readSealFile, type SegmentFile } from '../format/files.ts';
import { CHECKPOINTS_FILE, genesis } from '../format/format.ts';
import { LineReader } from '../format/lines.ts';
import { readSeal, type Seal } from '../format/seal.ts';
import type { Frontier } from '../merkle/merkle.ts';
import type { FoldedState } from '../types.ts';
import { Audit } from '../verifying/audit.ts';
import { explainOrder } from '../verifying/misplaced.ts';

export interface Found {
  readonly seq: number;
  readonly hash: string;
  readonly time: number;
  readonly frontier: Frontier;
  /** The segment to go on with, and where; undefined where there is none. */
  readonly tail: { readonly segment: SegmentFile; readonly end: number } | undefined;
  /** Bytes behind the last whole record. */
  readonly torn:
    | { readonly segment: SegmentFile; readonly at: number; readonly bytes: number }
    | undefined;
  /** The newest checkpoint knows more records than there are. */
  readonly lost: { readonly known: number; readonly root: string } | undefined;
  readonly problem: VerifyProblem | undefined;
  readonly covered: number;
  readonly newest: string;
  /** Bytes of the file of checkpoints that are whole notes. */
  readonly checkpointBytes: number;
  /** Seq of the state that folding started from, and the records folded on top of it. */
  readonly from: number;
  readonly folded: number;
}

/** The newest of the seals that `state` takes and that fits the segments; undefined where folding starts at the genesis. */
export function loadState(
  files: JournalFiles,
  kept: readonly string[],
  verifier: NoteVerifier,
  state: FoldedState,
): Seal | undefined {
  const seals = [
    ...kept.map((text) => readSeal('snapshot', text, verifier)),
    ...files.snapshots.map((file) => readSealFile(file, verifier)),
  ].filter((seal) => seal !== undefined && fits(files, seal)) as Seal[];
  seals.sort((a, b) => b.last - a.last);
  const summary = files.summary === undefined ? undefined : readSealFile(files.summary, verifier);
  if (summary !== undefined) seals.push(summary);
  if (seals.length === 0) return undefined;
  const empty = JSON.stringify(state.save());
  for (const seal of seals) {
    try {
      state.load(seal.state);
      return seal;
    } catch {
      // a state of another version: an older one, or the records themselves, will do
    }
  }
  // What was taken up before the one that failed would be counted twice.
  state.load(JSON.parse(empty) as Json);
  return undefined;
}

export async function readJournal(
  dir: string,
  journal: string,
  files: JournalFiles,
  from: Seal | undefined,
  verifier: NoteVerifier,
  state: FoldedState,
): Promise<Found> {
  const start = from ?? { last: 0, hash: genesis(journal), range: [] };
  const path = join(dir, CHECKPOINTS_FILE);
  const checkpoints = new CheckpointReader(path);
  try {
    if (from !== undefined) skipTo(path, checkpoints, from, verifier.name);
    const audit = new Audit(start, journal, verifier, checkpoints);
    audit.begin();
    const run = new FoldingRun(audit, state, from);
    await run.over(files.segments);
    return run.result(checkpoints);
  } finally {
    checkpoints.close();
  }
}

/** One run over the segments: each record checked, then folded into the state. */
class FoldingRun {
  readonly #audit: Audit;
  readonly #state: FoldedState;
  readonly #from: Seal | undefined;
  #time: number;
  #tail: { segment: SegmentFile; end: number } | undefined = undefined;
  #torn: { segment: SegmentFile; at: number; bytes: number } | undefined = undefined;
  #zeros = false;
  #problem: VerifyProblem | undefined = undefined;

  constructor(audit: Audit, state: FoldedState, from: Seal | undefined) {
    this.#audit = audit;
    this.#state = state;
    this.#from = from;
    this.#time = from?.time ?? 0;
  }

  async over(segments: readonly SegmentFile[]): Promise<void> {
    const audit = this.#audit;
    const last = segments.at(-1);
    for (const segment of segments) {
      const at = this.#entry(segment);
      if (at === undefined) continue;
      if (at === 0 && segment.first !== audit.seq + 1) {
        const message = `record ${audit.seq + 1} should follow, the segment starts with ${segment.first}`;
        this.#problem = { what: 'missing', segment: segment.name, seq: audit.seq + 1, message };
      }
      if (this.#wrong() !== undefined) return;
      await this.#read(segment, at, segment === last);
      if (audit.problem?.what === 'out_of_order') {
        const expected = audit.seq + 1;
        this.#problem = await explainOrder(audit.problem, segments, expected, undefined);
      }
    }
  }

  result(checkpoints: CheckpointReader): Found {
    const audit = this.#audit;
    const { seq, hash, frontier } = audit;
    const wasFine = this.#wrong() === undefined;
    const covered = audit.covered;
    const known = wasFine ? audit.end() : seq;
    if (this.#zeros && known > seq) {
      const message = 'the segment holds zeros where a checkpoint knows records';
      const segment = this.#tail?.segment.name ?? '';
      this.#problem ??= { what: 'malformed', segment, seq: seq + 1, message };
    }
    const problem = this.#wrong();
    const newest = readCheckpoint(audit.newest, audit.newest.split('\n', 1)[0] ?? '');
    const lost =
      problem === undefined && known > seq ? { known, root: newest?.root ?? '' } : undefined;
    const from = this.#from?.last ?? 0;
    return {
      seq,
      hash,
      time: this.#time,
      frontier,
      tail: this.#tail,
      torn: this.#torn,
      lost,
      problem,
      covered: Math.min(covered, seq),
      newest: audit.newest,
      checkpointBytes: checkpoints.whole,
      from,
      folded: seq - from,
    };
  }

  /** Where reading starts in this segment; undefined where the state holds all of it. */
  #entry(segment: SegmentFile): number | undefined {
    const from = this.#from;
    if (from === undefined || segment.first > from.last) return 0;
    return segment.first === from.segment ? from.end : undefined;
  }

  async #read(segment: SegmentFile, at: number, isLast: boolean): Promise<void> {
    const audit = this.#audit;
    const reader = new LineReader(segment.path, at);
    // Lines are counted from where reading starts.
    let line = 0;
    let end = at;
    try {
      const visit = (buffer: Buffer, start: number, stop: number, offset: number): boolean => {
        line++;
        if (isLast && buffer.subarray(start, stop).includes(0)) {
          this.#zeros = true;
          return false;
        }
        if (audit.line(segment.name, line, buffer, start, stop) === undefined) return false;
        const record = JSON.parse(buffer.toString('utf8', start, stop)) as JournalRecord;
        this.#time = Date.parse(record.ts);
        this.#state.apply(record);
        end = offset + (stop - start) + 1;
        return true;
      };
      while (reader.step(visit)) await turn();
    } finally {
      reader.close();
    }
    this.#tail = { segment, end };
    if (this.#wrong() !== undefined || end === segment.size) return;
    if (isLast) {
      // A line cut short, or the zeros that a file system puts where power was lost.
      this.#torn = { segment, at: end, bytes: segment.size - end };
      return;
    }
    const message = 'the segment does not end in a whole line';
    this.#problem = { what: 'malformed', segment: segment.name, line: line + 1, message };
  }

  #wrong(): VerifyProblem | undefined {
    return this.#problem ?? this.#audit.problem;
  }
}

/** The line before the seal's place is the record that the seal names. */
function fits(files: JournalFiles, seal: Seal): boolean {
  const segment = files.segments.find((s) => s.first === seal.segment);
  return segment !== undefined && endsRecord(segment, seal.end, seal.hash);
}

/**
 * Steps over the checkpoints up to the one that the seal names: those behind it in the file are what the records behind
 * the seal have to meet. Where it is not there, it was dropped with the records that it covered.
 */
function skipTo(path: string, checkpoints: CheckpointReader, seal: Seal, origin: string): void {
  const scan = new CheckpointReader(path);
  let skip = 0;
  try {
    for (let n = 1; skip === 0; n++) {
      const entry = scan.peek();
      if (entry === undefined) break;
      const checkpoint = readCheckpoint(entry.note, origin);
      const { size, root } = seal.checkpoint;
      if (checkpoint?.size === size && checkpoint.root === root) skip = n;
      scan.take();
    }
  } finally {
    scan.close();
  }
  while (skip-- > 0) checkpoints.take();
}
