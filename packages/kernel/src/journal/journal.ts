/**
 * The journal on disk: composes chain, groups, checkpoints, rotation and index into the port that the kernel knows.
 * Nothing here decides how one of them works.
 */
import type {
  InclusionProof,
  JournalPage,
  JournalQuery,
  JournalRecord,
  VerifyReport,
} from '@portcullis/wire';
import type { NoteSigner } from '../crypto/note.ts';
import { PortcullisError } from '../errors.ts';
import { CHECKPOINT_INTERVAL } from './format/format.ts';
import type { Lock } from './opening/lock.ts';
import type { Archive } from './reading/archive.ts';
import type { Append, Appended, Journal } from './types.ts';
import { verifyJournal } from './verifying/verify.ts';
import { Boundaries } from './writing/boundaries.ts';
import type { Chain } from './writing/chain.ts';
import { type Durability, type Grouping, Groups, type LogState } from './writing/groups.ts';
import type { Notary } from './writing/notary.ts';
import type { Reserve } from './writing/reserve.ts';
import type { Rotation } from './writing/rotation.ts';
import type { SegmentWriter } from './writing/writer.ts';

/** Milliseconds between two looks at whether the index and the state snapshot are behind: while none come, and while records come. Who asks does not wait for a look. */
const UPKEEP_INTERVAL = 250;
const BUSY_INTERVAL = 1_000;
/** Milliseconds that one look may take: while records come, and while none do. */
const BUSY_SLICE = 5;
const IDLE_SLICE = 25;
/**
 * Bytes after which the system is asked to bring them to the disk, `os` or not: rotation waits for the rest of a segment only, and not for all of it, and what a
 * loss of power takes has a bound.
 */
const SYNC_BYTES = 8 * 1024 * 1024;
/** Records after which a quiet moment is used for a snapshot of the state. */
const SNAPSHOT_RECORDS = 50_000;

export interface JournalParts {
  readonly id: string;
  readonly dir: string;
  readonly durability: Durability;
  readonly grouping: Grouping;
  readonly chain: Chain;
  readonly writer: SegmentWriter;
  readonly reserve: Reserve;
  readonly notary: Notary;
  readonly rotation: Rotation;
  readonly archive: Archive;
  readonly signer: NoteSigner;
  readonly lock: Lock;
  readonly onMessage: (level: 'notice' | 'fault', message: string) => void;
}

export class FileJournal implements Journal {
  readonly id: string;
  readonly #parts: JournalParts;
  readonly #groups: Groups;
  readonly #boundaries: Boundaries;
  #checkpointTimer: NodeJS.Timeout | undefined = undefined;
  #upkeepTimer: NodeJS.Timeout | undefined = undefined;
  /** A checkpoint is wanted though few records came. */
  #wanted = false;
  #seen = 0;
  #snapshot: number;
  #verifying = 0;
  #closing: Promise<void> | undefined = undefined;

  constructor(parts: JournalParts) {
    this.id = parts.id;
    this.#parts = parts;
    this.#snapshot = parts.chain.seq;
    const { chain, writer, reserve, durability, grouping } = parts;
    this.#groups = new Groups(chain, writer, reserve, durability, grouping, {
      written: (settled) => this.#written(settled),
      syncing: () => this.#syncing(),
      changed: (state, reason) => this.#changed(state, reason),
    });
    this.#boundaries = new Boundaries({
      placed: () => this.#retain(),
      failed: (error) => this.#fault('a snapshot', error),
    });
  }

  get seq(): number {
    return this.#parts.chain.seq;
  }

  get writable(): boolean {
    return this.#groups.state === 'open';
  }

  append(record: Append): Appended {
    return this.#groups.append(record);
  }

  reserveOutcome(): void {
    this.#groups.reserveOutcome();
  }

  forgoOutcome(): void {
    this.#groups.forgoOutcome();
  }

  flush(): Promise<void> {
    return this.#groups.flush();
  }

  query(tenant: string, query: JournalQuery): Promise<JournalPage> {
    return this.#parts.archive.page(tenant, query, this.#readable());
  }

  record(seq: number): Promise<JournalRecord | undefined> {
    return this.#parts.archive.record(seq, this.#readable());
  }

  byAction(tenant: string, id: string): Promise<readonly JournalRecord[]> {
    return this.#parts.archive.byAction(tenant, id, this.#readable());
  }

  async proof(seq: number): Promise<InclusionProof> {
    const { archive, notary } = this.#parts;
    if (!Number.isSafeInteger(seq) || seq < 1 || seq > this.seq)
      throw new PortcullisError('not_found');
    if (seq > notary.covered) await this.#checkpointNow();
    const { covered: size, newest: checkpoint } = notary;
    if (seq > size) throw new PortcullisError('journal_unavailable', 'no checkpoint could be made');
    const { leaf, path } = await archive.inclusion(seq, size);
    return { seq, leaf, index: seq - 1, size, path, checkpoint };
  }

  /** RFC 6962 consistency path between two sizes that checkpoints cover; lower-case hex. */
  async consistency(oldSize: number, newSize: number): Promise<string[]> {
    const sizes = Number.isSafeInteger(oldSize) && Number.isSafeInteger(newSize);
    if (!sizes || oldSize < 0 || oldSize > newSize || newSize > this.#readable()) {
      throw new PortcullisError('not_found');
    }
    return this.#parts.archive.consistency(oldSize, newSize);
  }

  async checkpoint(): Promise<string> {
    await this.#checkpointNow();
    return this.#parts.notary.newest;
  }

  async verify(): Promise<VerifyReport> {
    const { dir, signer } = this.#parts;
    // Where nothing can be written, what is there can still be verified.
    await this.#checkpointNow().catch(() => {});
    this.#verifying++;
    try {
      const until = this.#parts.chain.written.seq;
      return await verifyJournal(dir, { publicKey: signer.key.publicKey, until });
    } finally {
      this.#verifying--;
    }
  }

  /** Until the snapshots of the boundaries so far stand, and what retention drops is gone. */
  boundariesPlaced(): Promise<void> {
    return this.#boundaries.settled();
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** Catches the index up and, after many records, keeps the state: what a quiet moment is for. */
  upkeep(): void {
    this.#upkeepTimer = undefined;
    const { archive, chain } = this.#parts;
    const { seq } = chain.written;
    const idle = seq === this.#seen;
    this.#seen = seq;
    try {
      archive.step(seq, idle ? IDLE_SLICE : BUSY_SLICE);
      if (idle && chain.pending === 0 && seq - this.#snapshot >= SNAPSHOT_RECORDS)
        this.#keepState();
    } catch (error) {
      this.#fault('the index', error);
      return;
    }
    if (!idle || archive.seq < seq) this.#armUpkeep(idle ? UPKEEP_INTERVAL : BUSY_INTERVAL);
  }

  get #over(): boolean {
    return this.#groups.state === 'closed' || this.#groups.state === 'broken';
  }

  /** What has been written, readable through the files. */
  #readable(): number {
    if (this.#groups.state === 'open' || this.#groups.state === 'full') this.#groups.write(false);
    return this.#parts.chain.written.seq;
  }

  /** INVARIANT: nothing is pending, so that the state is the state after the last written record; where records were refused it is not, and is kept nowhere. */
  #keepState(): void {
    if (this.#groups.refused) return;
    const { rotation, chain, archive } = this.#parts;
    const { seq } = chain.written;
    const seal = rotation.seal('snapshot', this.#groups.writer);
    archive.keepSnapshot(seq, seal);
    this.#snapshot = seq;
  }

  async #checkpointNow(): Promise<void> {
    const { notary } = this.#parts;
    if (this.#over) return;
    await this.flush();
    const checkpoint = notary.capture();
    if (checkpoint === undefined || this.#over) return;
    if (this.#parts.durability === 'fsync') {
      await new Promise<void>((resolve, reject) => {
        this.#groups.writer.sync((error) => (error === null ? resolve() : reject(error)));
      });
    }
    if (!this.#over) notary.seal(checkpoint);
  }

  #written(settled: boolean): void {
    const { notary, durability, rotation } = this.#parts;
    if (this.#checkpointTimer === undefined) this.#armCheckpoint();
    if (this.#upkeepTimer === undefined) this.#armUpkeep();
    if (durability === 'os') {
      if (notary.due) this.#seal(notary.capture());
      else if (notary.nearlyDue) notary.captureLater((checkpoint) => this.#seal(checkpoint));
    }
    if (this.#groups.writer.unsynced >= SYNC_BYTES) this.#groups.sync();
    if (settled && rotation.due(this.#groups.writer)) this.#rotate();
  }

  #syncing(): () => void {
    const { notary } = this.#parts;
    const checkpoint = this.#wanted || notary.soon ? notary.capture() : undefined;
    this.#wanted = false;
    return () => {
      if (checkpoint !== undefined) this.#seal(checkpoint);
      if (this.#wanted) this.#groups.sync();
    };
  }

  /** A second has gone by: under `fsync` the next sync carries the checkpoint, under `os` it stands at once, whatever became of a thread that was asked. */
  #checkpointDue(): void {
    if (this.#parts.durability === 'os') {
      this.#seal(this.#parts.notary.capture());
      return;
    }
    this.#wanted = true;
    this.#groups.sync();
  }

  #seal(checkpoint: { size: number; root: string } | undefined): void {
    if (checkpoint === undefined || this.#over) return;
    try {
      this.#parts.notary.seal(checkpoint);
    } catch (error) {
      this.#fault('a checkpoint', error);
    }
  }

  #rotate(): void {
    const { rotation, notary } = this.#parts;
    if (!this.#groups.syncNow()) return;
    this.#seal(notary.capture());
    try {
      const { next, snapshot } = rotation.rotate(this.#groups.writer, !this.#groups.refused);
      this.#groups.continueIn(next);
      if (snapshot !== undefined) this.#boundaries.add(snapshot);
    } catch (error) {
      this.#fault('the next segment', error);
    }
  }

  #retain(): void {
    if (this.#verifying > 0) return;
    const { rotation, archive } = this.#parts;
    try {
      const base = rotation.retain();
      if (base !== undefined) archive.rebase({ journal: this.id, ...base });
    } catch (error) {
      this.#fault('what retention leaves', error);
    }
  }

  #armCheckpoint(): void {
    this.#checkpointTimer = setTimeout(() => {
      this.#checkpointTimer = undefined;
      const { state } = this.#groups;
      if (state === 'full' || state === 'failed') this.#groups.recover();
      if (this.#parts.notary.open > 0) this.#checkpointDue();
      if (this.#parts.notary.open > 0 || !this.writable) this.#armCheckpoint();
    }, CHECKPOINT_INTERVAL);
    this.#checkpointTimer.unref();
  }

  #armUpkeep(after = UPKEEP_INTERVAL): void {
    this.#upkeepTimer = setTimeout(() => this.upkeep(), after);
    this.#upkeepTimer.unref();
  }

  #changed(state: LogState, reason: string): void {
    const level = state === 'open' ? 'notice' : 'fault';
    this.#parts.onMessage(
      level,
      `the journal is ${state === 'open' ? 'writing again' : state}: ${reason}`,
    );
    if (this.#checkpointTimer === undefined && state !== 'broken') this.#armCheckpoint();
  }

  #fault(what: string, error: unknown): void {
    this.#parts.onMessage('fault', `${what} could not be written: ${(error as Error).message}`);
  }

  async #close(): Promise<void> {
    const { chain, notary, archive, lock } = this.#parts;
    try {
      await this.flush().catch(() => {});
      while (this.#boundaries.busy) {
        await this.boundariesPlaced();
        await this.flush().catch(() => {});
      }
      clearTimeout(this.#checkpointTimer);
      clearTimeout(this.#upkeepTimer);
      if (!this.#over && this.#groups.syncNow()) this.#seal(notary.capture());
      if (chain.written.seq > this.#snapshot && chain.pending === 0) this.#keepState();
      notary.sync();
    } catch (error) {
      this.#fault('the end of the journal', error);
    }
    for (const part of [this.#groups, notary, archive, lock]) {
      try {
        part.close();
      } catch (error) {
        this.#fault('the end of the journal', error);
      }
    }
  }
}
