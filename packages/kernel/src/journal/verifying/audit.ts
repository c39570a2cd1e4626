/**
 * Checks records one after another against chain and checkpoints, in bounded memory. Verification and opening share
 * it, so that what opens is what verifies.
 */
import type { JsonObject, VerifyProblem } from '@portcullis/wire';
import type { NoteVerifier } from '../../crypto/note.ts';
import {
  type Checkpoint,
  type CheckpointReader,
  openCheckpoint,
  readCheckpoint,
} from '../format/checkpoint.ts';
import { CHECKPOINTS_FILE } from '../format/format.ts';
import { type Envelope, RecordHasher, readEnvelope } from '../format/record.ts';
import { Frontier } from '../merkle/merkle.ts';

/** Where checking starts: a genesis, or what a seal says. */
export interface Start {
  readonly last: number;
  readonly hash: string;
  readonly range: readonly string[];
}

/** Records that a checkpoint knew, gone when the journal was opened, and acknowledged by a record. */
export interface Lost {
  /** Seq of the record that says so. */
  readonly seq: number;
  /** Size of the checkpoint that knew more. */
  readonly known: number;
}

const LOST_TAIL = Buffer.from('"event":"lost_tail"');

export class Audit {
  readonly frontier: Frontier;
  readonly #hasher = new RecordHasher();
  readonly #verifier: NoteVerifier;
  readonly #journal: string;
  readonly #checkpoints: CheckpointReader;
  seq: number;
  hash: string;
  checkpoints = 0;
  covered = 0;
  newest = '';
  readonly lost: Lost[] = [];
  problem: VerifyProblem | undefined = undefined;

  constructor(
    start: Start,
    journal: string,
    verifier: NoteVerifier,
    checkpoints: CheckpointReader,
  ) {
    this.seq = start.last;
    this.covered = start.last;
    this.hash = start.hash;
    this.frontier = new Frontier(start.last, start.range);
    this.#journal = journal;
    this.#verifier = verifier;
    this.#checkpoints = checkpoints;
  }

  /** Takes in one line; undefined and `problem` where it is not what has to follow. */
  line(
    segment: string,
    line: number,
    buffer: Buffer,
    start: number,
    end: number,
  ): Envelope | undefined {
    const envelope = readEnvelope(buffer, start, end);
    const seq = this.seq + 1;
    const fail = (what: string, message: string, of = seq): undefined => {
      this.problem = { what, segment, line, seq: of, message };
      return undefined;
    };
    if (envelope === undefined) return fail('malformed', 'the line is not a record');
    this.#hasher.previous = envelope.prev;
    const length = this.#hasher.load(buffer, start, end);
    if (this.#hasher.hash(length) !== envelope.hash) {
      return fail('edited', 'the record does not have the hash that it says', envelope.seq);
    }
    if (envelope.journal !== this.#journal) {
      return fail('fork', `the record belongs to journal ${envelope.journal}`, envelope.seq);
    }
    if (envelope.seq !== seq) {
      return fail('out_of_order', `record ${seq} should stand here`, envelope.seq);
    }
    if (envelope.prev !== this.hash) {
      return fail('edited', `record ${seq} follows another record than the one before it`, seq - 1);
    }
    if (envelope.kind === 'system' && buffer.subarray(start, end).includes(LOST_TAIL)) {
      const record = JSON.parse(buffer.toString('utf8', start, end)) as JsonObject;
      if (record.event === 'lost_tail' && !this.#acknowledge(record)) {
        return fail('fork', 'a lost tail is acknowledged that no checkpoint knows');
      }
    }
    this.frontier.push(this.#hasher.leaf(length));
    this.seq = seq;
    this.hash = envelope.hash;
    this.#meet(segment, line);
    return this.problem === undefined ? envelope : undefined;
  }

  /** Checks the checkpoints of the starting size; call before the first line. */
  begin(): void {
    this.#meet(CHECKPOINTS_FILE, 0);
  }

  /** After the last line: the checkpoints that know more records than there are. Answers the size of the newest. */
  end(): number {
    let known = this.seq;
    for (;;) {
      const entry = this.#checkpoints.peek();
      if (entry === undefined || this.problem !== undefined) return known;
      const checkpoint = this.#open(entry.note, entry.line);
      if (checkpoint === undefined) return known;
      if (checkpoint.size < known && known > this.seq) {
        this.#mismatch('fork', entry.line, 'checkpoints go backwards');
        return known;
      }
      known = checkpoint.size;
      this.newest = entry.note;
      this.checkpoints++;
      this.#checkpoints.take();
    }
  }

  /** Compares every checkpoint of the present size with the tree. */
  #meet(segment: string, line: number): void {
    for (;;) {
      const entry = this.#checkpoints.peek();
      if (entry === undefined) return;
      const peeked = readCheckpoint(entry.note, this.#verifier.name);
      if (peeked !== undefined && peeked.size > this.seq) return;
      const checkpoint = this.#open(entry.note, entry.line);
      if (checkpoint === undefined) return;
      if (checkpoint.size < this.seq) {
        this.#mismatch('fork', entry.line, 'checkpoints go backwards without a lost tail');
        return;
      }
      if (checkpoint.root !== this.frontier.root().toString('hex')) {
        this.problem =
          this.covered === this.seq && this.checkpoints > 0
            ? this.#at('fork', entry.line, 'two signed checkpoints of one size disagree')
            : {
                what: 'checkpoint_mismatch',
                segment,
                line,
                seq: this.covered + 1,
                message: `records ${this.covered + 1} to ${this.seq} are not those that the checkpoint over ${this.seq} records signed`,
              };
        return;
      }
      this.checkpoints++;
      this.covered = checkpoint.size;
      this.newest = entry.note;
      this.#checkpoints.take();
    }
  }

  #open(note: string, line: number): Checkpoint | undefined {
    const checkpoint = openCheckpoint(note, this.#verifier);
    if (checkpoint !== undefined) return checkpoint;
    const formed = readCheckpoint(note, this.#verifier.name) !== undefined;
    this.#mismatch(
      formed ? 'bad_signature' : 'malformed',
      line,
      formed ? 'the checkpoint is not signed by this key' : 'the checkpoint is not well-formed',
    );
    return undefined;
  }

  #mismatch(what: string, line: number, message: string): void {
    this.problem = this.#at(what, line, message);
  }

  #at(what: string, line: number, message: string): VerifyProblem {
    return { what, segment: CHECKPOINTS_FILE, line, message };
  }

  /** Steps over the checkpoints that a lost tail left behind, up to the one that the record names. */
  #acknowledge(record: JsonObject): boolean {
    for (;;) {
      const entry = this.#checkpoints.peek();
      if (entry === undefined) return false;
      const checkpoint = this.#open(entry.note, entry.line);
      if (checkpoint === undefined || checkpoint.size <= this.seq) return false;
      this.#checkpoints.take();
      this.checkpoints++;
      if (checkpoint.size !== record.size || checkpoint.root !== record.root) continue;
      this.lost.push({ seq: this.seq + 1, known: checkpoint.size });
      return true;
    }
  }
}
