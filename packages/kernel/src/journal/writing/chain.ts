/**
 * The hot path: makes the line of a record by hand, chains it, and puts it where the next write takes it from. What
 * is chained but not yet written can be dropped again; the tree takes in written records only.
 */
import { flat } from '../../action/flat.ts';
import { PortcullisError } from '../../errors.ts';
import { genesis, MAX_RECORD } from '../format/format.ts';
import { BODY_AT, HASH_TAIL, RecordHasher } from '../format/record.ts';
import type { Append } from '../types.ts';
import { Tree } from './tree/tree.ts';

/** Where a chain stands: what the next record follows. */
export interface ChainHead {
  readonly seq: number;
  /** Record hash of `seq`, or the genesis hash; lower-case hex. */
  readonly hash: string;
  /** Milliseconds: no record is stamped earlier. */
  readonly time: number;
}

/** The fixed members besides what the record says: more than they ever take. */
const ENVELOPE = 4_096;
/** Bytes that a record may take, at most. */
export const mostOf = ({ members, tenant }: Append): number =>
  Math.min(MAX_RECORD, members.length * 3 + ENVELOPE + tenant.length * 6);

/** Records between two writes. */
export const MAX_PENDING = 4_096;

export class Chain {
  readonly tree: Tree;
  readonly #hasher = new RecordHasher();
  readonly #origin: string;
  #seq: number;
  #hash: string;
  #time: number;
  #written: ChainHead;
  #stamped = Number.NaN;
  #stamp = '';
  readonly #kinds = new Map<string, { tenant: string; text: string }>();

  constructor(node: string, journalId: string, head: ChainHead, tree: Tree) {
    this.#origin = `","origin":"${node}/${journalId}","tenant":`;
    this.tree = tree;
    this.#seq = head.seq;
    this.#hash = head.hash;
    this.#time = head.time;
    this.#written = head;
  }

  static start(node: string, journalId: string): Chain {
    const head = { seq: 0, hash: genesis(journalId), time: 0 };
    return new Chain(node, journalId, head, new Tree());
  }

  get seq(): number {
    return this.#seq;
  }

  get hash(): string {
    return this.#hash;
  }

  /** Records chained and not yet settled. */
  get pending(): number {
    return this.tree.pending;
  }

  /** The head as of the last settled record. */
  get written(): ChainHead {
    return this.#written;
  }

  /**
   * Chains the record and writes its line at out[at]; answers where the line ends. Throws `kernel_fault`, with nothing changed,
   * where the members hold a line break or the record would be larger than MAX_RECORD. `out` has as many bytes left as `mostOf` says.
   */
  add(record: Append, out: Buffer, at: number): number {
    const members = record.members;
    const room = MAX_RECORD - ENVELOPE - record.tenant.length * 6;
    if (members.length * 3 > room && Buffer.byteLength(members) > room) {
      throw new PortcullisError('kernel_fault', 'the record is larger than a record may be');
    }
    const seq = this.#seq + 1;
    const stamp = this.#stampOf(record.at) + this.#kindOf(record.kind, record.tenant);
    const clock = record.at < this.#time ? `,"clock":"${iso(record.at)}"` : '';
    const own = members === '' ? clock : `${clock},${members}`;
    const body = `{"v":1,"seq":${seq}${stamp}${own},"prev":"${this.#hash}"}`;
    if (body.includes('\n')) throw new PortcullisError('kernel_fault', 'a record is one line');
    // One text in one write: parts cost more to write one by one than their bytes.
    const { bytes } = this.#hasher;
    const length = bytes.write(body, BODY_AT, 'utf8');
    this.#hasher.previous = this.#hash;
    const hash = this.#hasher.hash(length);
    this.tree.add(bytes, BODY_AT + length);
    bytes.copy(out, at, BODY_AT, BODY_AT + length - 1);
    writeTail(out, at + length - 1, hash);
    this.#seq = seq;
    this.#hash = hash;
    if (record.at > this.#time) this.#time = record.at;
    return at + length + HASH_TAIL;
  }

  /** Everything chained so far is written. */
  settle(): void {
    this.tree.settle();
    this.#written = { seq: this.#seq, hash: this.#hash, time: this.#time };
  }

  /** Nothing chained since the last `settle` was written: the chain stands where it stood. */
  drop(): void {
    this.tree.drop();
    this.#seq = this.#written.seq;
    this.#hash = this.#written.hash;
    this.#time = this.#written.time;
  }

  /** The same for all records of one millisecond. */
  #stampOf(at: number): string {
    const time = Math.max(at, this.#time);
    if (time !== this.#stamped) {
      this.#stamp = flat(`,"ts":"${iso(time)}","kind":"`);
      this.#stamped = time;
    }
    return this.#stamp;
  }

  /** Kind, origin and tenant: the same from record to record, mostly. */
  #kindOf(kind: string, tenant: string): string {
    const known = this.#kinds.get(kind);
    if (known?.tenant === tenant) return known.text;
    const text = flat(`${kind}${this.#origin}${JSON.stringify(tenant)}`);
    this.#kinds.set(kind, { tenant, text });
    return text;
  }
}

/** Years 0 to 9999 only: others have another length. */
function iso(time: number): string {
  const clamped = Math.min(Math.max(Math.trunc(time) || 0, 0), 253_402_300_799_999);
  return new Date(clamped).toISOString();
}

const BEFORE = Buffer.from(',"hash":"');
const BEHIND = Buffer.from('"}\n');

/** What is the same in every line byte by byte: as a text with the hash it would have to be put together first. */
function writeTail(out: Buffer, at: number, hash: string): void {
  for (let i = 0; i < BEFORE.length; i++) out[at + i] = BEFORE[i] as number;
  out.write(hash, at + BEFORE.length, 'latin1');
  const end = at + BEFORE.length + hash.length;
  for (let i = 0; i < BEHIND.length; i++) out[end + i] = BEHIND[i] as number;
}
