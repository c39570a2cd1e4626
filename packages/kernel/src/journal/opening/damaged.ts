/** A journal that was found tampered with or damaged: it can be read up to the first bad record, and nothing is appended. */
import type {
  InclusionProof,
  JournalPage,
  JournalQuery,
  JournalRecord,
  VerifyProblem,
  VerifyReport,
} from '@portcullis/wire';
import { PortcullisError } from '../../errors.ts';
import type { Archive } from '../reading/archive.ts';
import type { Journal } from '../types.ts';
import type { Lock } from './lock.ts';

export interface DamagedParts {
  readonly id: string;
  /** Seq of the last good record. */
  readonly seq: number;
  readonly newest: string;
  readonly problem: VerifyProblem;
  readonly archive: Archive;
  readonly lock: Lock;
  readonly verify: () => Promise<VerifyReport>;
}

export class DamagedJournal implements Journal {
  readonly id: string;
  readonly seq: number;
  readonly writable = false;
  readonly #parts: DamagedParts;

  constructor(parts: DamagedParts) {
    this.#parts = parts;
    this.id = parts.id;
    this.seq = parts.seq;
  }

  append(): never {
    throw this.#refusal();
  }

  reserveOutcome(): never {
    throw this.#refusal();
  }

  forgoOutcome(): void {}

  async flush(): Promise<void> {}

  query(tenant: string, query: JournalQuery): Promise<JournalPage> {
    return this.#parts.archive.page(tenant, query, this.seq);
  }

  record(seq: number): Promise<JournalRecord | undefined> {
    return this.#parts.archive.record(seq, this.seq);
  }

  byAction(tenant: string, id: string): Promise<readonly JournalRecord[]> {
    return this.#parts.archive.byAction(tenant, id, this.seq);
  }

  proof(): Promise<InclusionProof> {
    return Promise.reject(this.#refusal());
  }

  checkpoint(): string {
    return this.#parts.newest;
  }

  verify(): Promise<VerifyReport> {
    return this.#parts.verify();
  }

  async close(): Promise<void> {
    this.#parts.archive.close();
    this.#parts.lock.close();
  }

  #refusal(): PortcullisError {
    const { what, segment, line, message } = this.#parts.problem;
    const place = line === undefined ? segment : `${segment} line ${line}`;
    return new PortcullisError(
      'journal_unavailable',
      `the journal is damaged (${what}, ${place}: ${message}); nothing is written until it is repaired`,
    );
  }
}
