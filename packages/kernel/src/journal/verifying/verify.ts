/**
 * Verification for outsiders: the files, the public key, nothing else. Streams in bounded memory, answers at the
 * first thing wrong and names it. docs/journal-format.md describes the same steps for a second implementation.
 */
import type { KeyObject } from 'node:crypto';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import type { VerifyProblem, VerifyReport } from '@portcullis/wire';
import { noteVerifier } from '../../crypto/note.ts';
import { CheckpointReader, openCheckpoint } from '../format/checkpoint.ts';
import { listJournal, readSealFile, type SegmentFile } from '../format/files.ts';
import { CHECKPOINTS_FILE, genesis } from '../format/format.ts';
import { LineReader } from '../format/lines.ts';
import { findOrigin } from '../format/origin.ts';
import { Audit, type Start } from './audit.ts';
import { explainOrder } from './misplaced.ts';

export interface VerifyOptions {
  readonly publicKey: KeyObject;
  /** Called now and then with the records checked so far. */
  readonly onProgress?: (records: number) => void;
  /** Ends the verification with an exception. */
  readonly signal?: AbortSignal;
  /** A checkpoint kept elsewhere: the journal must hold the records that it covers. */
  readonly anchor?: string;
  /** Take a tail that was lost, and acknowledged by the journal when it was opened, for no problem. */
  readonly acceptLost?: boolean;
  /** Records beyond this one are not looked at: for a journal that is being written. */
  readonly until?: number;
}

/** `dir` is the directory that holds the segments. */
export async function verifyJournal(dir: string, options: VerifyOptions): Promise<VerifyReport> {
  const files = listJournal(dir);
  const nothing = { ok: false, records: 0, checkpoints: 0, covered: 0 };
  if (!files.checkpoints) {
    const message = 'there is no file of checkpoints';
    return { ...nothing, problem: { what: 'missing', segment: CHECKPOINTS_FILE, message } };
  }
  const origin = findOrigin(dir);
  if (origin === undefined) {
    const message = 'the first checkpoint is not well-formed';
    const what = 'malformed';
    return { ...nothing, problem: { what, segment: CHECKPOINTS_FILE, line: 1, message } };
  }
  const verifier = noteVerifier(origin.name, options.publicKey);
  let start: Start = { last: 0, hash: genesis(origin.journal), range: [] };
  if (files.summary !== undefined) {
    const seal = readSealFile(files.summary, verifier);
    if (seal === undefined) {
      const message = 'the summary is not as it was signed';
      return {
        ...nothing,
        problem: { what: 'bad_signature', segment: files.summary.name, message },
      };
    }
    start = seal;
  }

  const checkpoints = new CheckpointReader(join(dir, CHECKPOINTS_FILE));
  try {
    const audit = new Audit(start, origin.journal, verifier, checkpoints);
    const anchor =
      options.anchor === undefined
        ? undefined
        : openCheckpoint(options.anchor, verifier, { witnessed: true });
    if (options.anchor !== undefined && anchor === undefined) {
      return {
        ...nothing,
        problem: {
          what: 'bad_signature',
          segment: 'anchor',
          message: 'the anchor is no checkpoint of this journal and key',
        },
      };
    }
    const walk = new Walk(audit, options, files.segments, anchor);
    await walk.run();
    return walk.report(start, checkpoints);
  } finally {
    checkpoints.close();
  }
}

/** One run over the segments. */
class Walk {
  readonly #audit: Audit;
  readonly #options: VerifyOptions;
  readonly #segments: readonly SegmentFile[];
  readonly #anchor: { readonly size: number; readonly root: string } | undefined;
  #torn: { segment: string; bytes: number } | undefined = undefined;
  #problem: VerifyProblem | undefined = undefined;
  #known = 0;
  #first: number | undefined = undefined;

  constructor(
    audit: Audit,
    options: VerifyOptions,
    segments: readonly SegmentFile[],
    anchor: { size: number; root: string } | undefined,
  ) {
    this.#audit = audit;
    this.#options = options;
    this.#segments = segments;
    this.#anchor = anchor;
  }

  async run(): Promise<void> {
    const audit = this.#audit;
    audit.begin();
    this.#meetAnchor();
    for (const [i, segment] of this.#segments.entries()) {
      if (this.#stopped()) break;
      if (segment.first !== audit.seq + 1) {
        this.#problem = {
          what: segment.first > audit.seq + 1 ? 'missing' : 'duplicated',
          segment: segment.name,
          seq: audit.seq + 1,
          message: `record ${audit.seq + 1} should follow, the segment starts with ${segment.first}`,
        };
        break;
      }
      await this.#segment(segment, i === this.#segments.length - 1);
    }
    if (this.#wrong() === undefined && !this.#reachedEnd()) this.#known = audit.end();
  }

  async #segment(segment: SegmentFile, isLast: boolean): Promise<void> {
    const audit = this.#audit;
    let reader: LineReader;
    try {
      reader = new LineReader(segment.path);
    } catch (error) {
      const message = `the segment cannot be read: ${(error as NodeJS.ErrnoException).code}`;
      this.#problem = { what: 'malformed', segment: segment.name, message };
      return;
    }
    let line = 0;
    let whole = true;
    try {
      const visit = (buffer: Buffer, start: number, end: number): boolean => {
        if (this.#reachedEnd()) return false;
        const envelope = audit.line(segment.name, ++line, buffer, start, end);
        if (envelope === undefined) return false;
        this.#first ??= envelope.seq;
        this.#meetAnchor();
        return !this.#stopped();
      };
      while (reader.step(visit)) {
        this.#options.signal?.throwIfAborted();
        this.#options.onProgress?.(audit.seq);
        await turn();
      }
      whole = reader.rest.length === 0 || this.#stopped();
      if (!whole && isLast) this.#torn = { segment: segment.name, bytes: reader.rest.length };
    } finally {
      reader.close();
    }
    const problem = audit.problem;
    if (problem?.what === 'out_of_order') {
      this.#problem = await explainOrder(
        problem,
        this.#segments,
        audit.seq + 1,
        this.#options.signal,
      );
    } else if (!whole && !isLast) {
      const message = 'the segment does not end in a whole line';
      this.#problem = { what: 'malformed', segment: segment.name, line: line + 1, message };
    }
  }

  report(start: Start, checkpoints: CheckpointReader): VerifyReport {
    const audit = this.#audit;
    const lost = audit.lost[0];
    let problem = this.#wrong();
    if (problem === undefined && this.#known > audit.seq && !this.#reachedEnd()) {
      problem = {
        what: 'truncated',
        segment: this.#segments.at(-1)?.name ?? CHECKPOINTS_FILE,
        seq: audit.seq + 1,
        message: `a checkpoint knows ${this.#known} records, the last one here is ${audit.seq}`,
      };
    }
    problem ??= this.#unmetAnchor();
    if (problem === undefined && lost !== undefined && this.#options.acceptLost !== true) {
      problem = {
        what: 'lost_tail',
        segment: CHECKPOINTS_FILE,
        seq: lost.seq,
        message: `record ${lost.seq} acknowledges that records ${lost.seq} to ${lost.known}, which a checkpoint knew, were lost before`,
      };
    }
    const rest = problem === undefined && !this.#reachedEnd() ? checkpoints.rest : '';
    const torn =
      this.#torn ??
      (rest === '' ? undefined : { segment: CHECKPOINTS_FILE, bytes: Buffer.byteLength(rest) });
    return {
      ok: problem === undefined,
      records: audit.seq - start.last,
      checkpoints: audit.checkpoints,
      covered: audit.covered,
      ...(this.#first === undefined ? {} : { first: this.#first, last: audit.seq }),
      root: audit.frontier.root().toString('hex'),
      ...(problem === undefined ? {} : { problem }),
      ...(torn === undefined ? {} : { torn_tail: torn }),
      ...(lost === undefined ? {} : { lost_tail: audit.lost }),
    };
  }

  #wrong(): VerifyProblem | undefined {
    return this.#problem ?? this.#audit.problem;
  }

  #stopped(): boolean {
    return this.#wrong() !== undefined || this.#reachedEnd();
  }

  #reachedEnd(): boolean {
    return this.#options.until !== undefined && this.#audit.seq >= this.#options.until;
  }

  #meetAnchor(): void {
    const anchor = this.#anchor;
    if (anchor === undefined || anchor.size !== this.#audit.seq) return;
    if (anchor.root === this.#audit.frontier.root().toString('hex')) return;
    this.#problem = {
      what: 'fork',
      segment: 'anchor',
      seq: anchor.size,
      message: `the first ${anchor.size} records are not those that the anchor signed`,
    };
  }

  #unmetAnchor(): VerifyProblem | undefined {
    const anchor = this.#anchor;
    if (anchor === undefined || anchor.size <= this.#audit.seq || this.#reachedEnd())
      return undefined;
    const message = `the anchor knows ${anchor.size} records, the last one here is ${this.#audit.seq}`;
    return { what: 'truncated', segment: 'anchor', seq: this.#audit.seq + 1, message };
  }
}
