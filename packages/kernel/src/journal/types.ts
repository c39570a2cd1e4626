/** What the rest of the kernel asks of the journal and the vault. */
import type {
  InclusionProof,
  JournalPage,
  JournalQuery,
  JournalRecord,
  Json,
  RecordKind,
  RecordRef,
  VerifyReport,
} from '@portcullis/wire';
import type { MaybePromise } from '../action/types.ts';

/** A record is appended as the JSON text of its own members; the journal adds v, seq, ts, origin, prev, hash. */
export interface Append {
  readonly kind: RecordKind;
  readonly tenant: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** JSON members without braces, canonical escapes, no line break: `"id":"…","effect":"permit"`. */
  readonly members: string;
}

export interface Appended extends RecordRef {
  /** Resolves when the record is as durable as configured; rejects with `journal_unavailable`. */
  readonly durable: Promise<void>;
}

export interface Journal {
  readonly id: string;
  readonly seq: number;
  readonly writable: boolean;
  /** Chains synchronously, writes in a group. Throws `journal_unavailable` when nothing can be written. */
  append(record: Append): Appended;
  /** Room for the outcome of a journaled intent, kept until `append` of an outcome or `forgo`. */
  reserveOutcome(): void;
  forgoOutcome(): void;
  /** Everything appended so far is durable. */
  flush(): Promise<void>;
  query(tenant: string, query: JournalQuery): MaybePromise<JournalPage>;
  record(seq: number): MaybePromise<JournalRecord | undefined>;
  /** Records of one action, oldest first. */
  byAction(tenant: string, id: string): MaybePromise<readonly JournalRecord[]>;
  proof(seq: number): MaybePromise<InclusionProof>;
  checkpoint(): MaybePromise<string>;
  verify(): Promise<VerifyReport>;
  close(): Promise<void>;
}

/**
 * What the kernel makes of the records: state = fold(journal). The journal calls `load` and `apply` while it opens, and never
 * after. From then on the kernel keeps the state in step itself: what a record changes is changed in the synchronous run that
 * appends it, for the journal calls `save` between such runs and takes the answer for the state after the last record.
 */
export interface FoldedState {
  /** Records come once each, in order. Throwing makes the journal refuse to open. */
  apply(record: JournalRecord): void;
  save(): Json;
  /** Replaces the state whole. Throws, with the state as it was, where it cannot read what another version saved. */
  load(json: Json): void;
}

export interface Vault {
  /** Encrypts and stores; the name is a salted commitment. `ttl` in milliseconds. */
  put(tenant: string, kind: string, value: Uint8Array, ttl: number): MaybePromise<string>;
  /** undefined when missing, expired or damaged. */
  get(tenant: string, name: string): MaybePromise<Uint8Array | undefined>;
  drop(tenant: string, name: string): MaybePromise<void>;
  /** It is missing from now on, and its room is free soon: many that go at once cost little more than one. */
  letGo(tenant: string, name: string): MaybePromise<void>;
  sweep(now: number): MaybePromise<number>;
  close(): void;
}
