/**
 * The journal of a kernel without a data directory: the same chain, tree and checkpoints, gone at close. It keeps the newest
 * records only (10,000 unless told otherwise); of older ones the compact range remains. A checkpoint is made every
 * 1,000 records and whenever one is asked for.
 */
import { randomBytes } from 'node:crypto';
import type {
  InclusionProof,
  JournalPage,
  JournalQuery,
  JournalRecord,
  VerifyProblem,
  VerifyReport,
} from '@portcullis/wire';
import type { SigningKey } from '../crypto/ed25519.ts';
import { PortcullisError } from '../errors.ts';
import { signCheckpoint } from './format/checkpoint.ts';
import { checkpointOrigin, genesis, MAX_RECORD } from './format/format.ts';
import { RecordHasher, readEnvelope } from './format/record.ts';
import { EMPTY_ROOT, Frontier, levelsOf, nodeHash } from './merkle/merkle.ts';
import { inclusionPath } from './merkle/proof.ts';
import { checkQuery, FIELDS } from './reading/query.ts';
import type { Append, Appended, Journal } from './types.ts';
import { Chain } from './writing/chain.ts';
import { Notary } from './writing/notary.ts';

interface MemoryJournalOptions {
  readonly node: string;
  readonly signer: { readonly key: SigningKey; readonly name: string };
  /** Records kept. Default 10,000. */
  readonly capacity?: number;
}

interface Kept {
  readonly line: Buffer;
  readonly hash: string;
}

const DURABLE = Promise.resolve();

export function openMemoryJournal(options: MemoryJournalOptions): Journal {
  return new MemoryJournal(options);
}

/** Where a line is put together, for all of them: it is copied in the same run. */
const LINE = Buffer.allocUnsafeSlow(MAX_RECORD);

const hasher = new RecordHasher();

/** Made when it is asked for: of most it never is. */
function leafOf({ line }: Kept): string {
  hasher.previous = readEnvelope(line, 0, line.length)?.prev ?? '';
  return hasher.leaf(hasher.load(line, 0, line.length));
}

class MemoryJournal implements Journal {
  readonly id: string = randomBytes(16).toString('hex');
  readonly #capacity: number;
  readonly #chain: Chain;
  readonly #notary: Notary;
  /** Slot `seq % capacity`. */
  readonly #kept: Kept[] = [];
  /** Everything before the oldest record kept. */
  readonly #base: Frontier = new Frontier();
  #baseHash: string;
  #closed = false;

  constructor(options: MemoryJournalOptions) {
    this.#capacity = options.capacity ?? 10_000;
    this.#chain = Chain.start(options.node, this.id);
    this.#baseHash = genesis(this.id);
    const signer = {
      name: checkpointOrigin(options.signer.name, this.id),
      key: options.signer.key,
    };
    const newest = signCheckpoint({ size: 0, root: EMPTY_ROOT.toString('hex') }, signer);
    this.#notary = new Notary(signer, this.#chain.tree, { covered: 0, newest });
  }

  get seq(): number {
    return this.#chain.seq;
  }

  get writable(): boolean {
    return !this.#closed;
  }

  append(record: Append): Appended {
    this.#assertOpen();
    const end = this.#chain.add(record, LINE, 0);
    const { seq, hash } = this.#chain;
    const slot = seq % this.#capacity;
    const dropped = this.#kept[slot];
    if (dropped !== undefined) {
      this.#base.push(leafOf(dropped));
      this.#baseHash = dropped.hash;
    }
    const line = Buffer.from(LINE.subarray(0, end - 1));
    this.#kept[slot] = { line, hash };
    this.#chain.settle();
    if (this.#notary.due) this.#seal();
    return { seq, hash, durable: DURABLE };
  }

  /** There is always room: nothing is full here. */
  reserveOutcome(): void {
    this.#assertOpen();
  }

  forgoOutcome(): void {}

  flush(): Promise<void> {
    return DURABLE;
  }

  query(tenant: string, query: JournalQuery): JournalPage {
    const { limit, reverse, since, until } = checkQuery(query);
    const needles = FIELDS.flatMap((field) =>
      query[field] === undefined ? [] : [`"${field}":${JSON.stringify(query[field])}`],
    );
    const after = query.after ?? (reverse ? this.seq + 1 : 0);
    const first = reverse ? Math.min(after - 1, this.seq) : Math.max(after + 1, this.#oldest);
    const step = reverse ? -1 : 1;
    const records: JournalRecord[] = [];
    for (let seq = first; seq >= this.#oldest && seq <= this.seq; seq += step) {
      const { line } = this.#at(seq);
      if (!needles.every((needle) => line.includes(needle))) continue;
      const record = JSON.parse(line.toString('utf8')) as JournalRecord;
      if (record.tenant !== tenant) continue;
      if (!FIELDS.every((f) => query[f] === undefined || record[f] === query[f])) continue;
      const time = Date.parse(record.ts);
      if ((since !== undefined && time < since) || (until !== undefined && time > until)) continue;
      if (records.length === limit) return { records, next: records[limit - 1]?.seq as number };
      records.push(record);
    }
    return { records };
  }

  record(seq: number): JournalRecord | undefined {
    if (!Number.isSafeInteger(seq) || seq < this.#oldest || seq > this.seq) return undefined;
    return JSON.parse(this.#at(seq).line.toString('utf8')) as JournalRecord;
  }

  byAction(tenant: string, id: string): readonly JournalRecord[] {
    return this.query(tenant, { id, limit: 1_000 }).records;
  }

  proof(seq: number): InclusionProof {
    if (!Number.isSafeInteger(seq) || seq < this.#oldest || seq > this.seq) {
      throw new PortcullisError('not_found');
    }
    const checkpoint = this.checkpoint();
    const size = this.seq;
    const path = inclusionPath(seq - 1, size, this.#nodes());
    const leaf = Buffer.from(leafOf(this.#at(seq)), 'latin1').toString('hex');
    return { seq, leaf, index: seq - 1, size, path, checkpoint };
  }

  checkpoint(): string {
    this.#seal();
    return this.#notary.newest;
  }

  async verify(): Promise<VerifyReport> {
    this.#seal();
    const hasher = new RecordHasher();
    const tree = new Frontier(this.#base.size, this.#base.range());
    let hash = this.#baseHash;
    let problem: VerifyProblem | undefined;
    for (let seq = this.#oldest; seq <= this.seq && problem === undefined; seq++) {
      const { line } = this.#at(seq);
      const envelope = readEnvelope(line, 0, line.length);
      hasher.previous = hash;
      const length = hasher.load(line, 0, line.length);
      hash = hasher.hash(length);
      tree.push(hasher.leaf(length));
      if (envelope?.seq !== seq || envelope.hash !== hash) {
        problem = {
          what: 'edited',
          segment: 'memory',
          seq,
          message: 'the record has another hash',
        };
      }
    }
    return {
      ok: problem === undefined,
      records: this.seq - this.#base.size,
      checkpoints: 1,
      covered: this.#notary.covered,
      first: this.#oldest,
      last: this.seq,
      root: tree.root().toString('hex'),
      ...(problem === undefined ? {} : { problem }),
    };
  }

  async close(): Promise<void> {
    this.#seal();
    this.#closed = true;
  }

  get #oldest(): number {
    return this.#base.size + 1;
  }

  #at(seq: number): Kept {
    return this.#kept[seq % this.#capacity] as Kept;
  }

  #seal(): void {
    const checkpoint = this.#notary.capture();
    if (checkpoint !== undefined && !this.#closed) this.#notary.seal(checkpoint);
  }

  /** Subtrees from the leaves kept, and from the compact range before them. */
  #nodes(): (level: number, index: number) => Buffer {
    const known = new Map<string, Buffer>();
    const range = this.#base.range();
    let start = 0;
    levelsOf(this.#base.size).forEach((level, i) => {
      known.set(`${level}:${start / 2 ** level}`, Buffer.from(range[i] as string, 'hex'));
      start += 2 ** level;
    });
    const node = (level: number, index: number): Buffer => {
      const held = known.get(`${level}:${index}`);
      if (held !== undefined) return held;
      if (level === 0) return Buffer.from(leafOf(this.#at(index + 1)), 'latin1');
      return nodeHash(node(level - 1, index * 2), node(level - 1, index * 2 + 1));
    };
    return node;
  }

  #assertOpen(): void {
    if (this.#closed) throw new PortcullisError('journal_unavailable', 'the journal is closed');
  }
}
