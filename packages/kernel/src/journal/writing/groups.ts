/**
 * Group commit: records appended in one tick share one write, or in one turn of the event loop where many callers share the journal; under
 * `fsync`, records that come while a sync is under way share the next. What could not be written is chained back, and nobody is told that it was.
 */
import { PortcullisError } from '../../errors.ts';
import { MAX_RECORD } from '../format/format.ts';
import type { Append, Appended } from '../types.ts';
import type { Chain } from './chain.ts';
import { MAX_PENDING, mostOf } from './chain.ts';
import { isFull, type Reserve } from './reserve.ts';
import type { SegmentWriter } from './writer.ts';

export type Durability = 'os' | 'fsync';

/** What shares a write: `tick` answers one caller soonest, `turn` many callers, whose requests one look at the sockets brings. */
export type Grouping = 'tick' | 'turn';

/**
 * open: writes. full: only outcomes with room. failed: a write failed otherwise, the next append tries again.
 * broken: nothing until the journal is opened again. closed: at an end.
 */
export type LogState = 'open' | 'full' | 'failed' | 'broken' | 'closed';

/** Bytes of a group that there is room for at first: most journals see no larger ones. */
const FIRST_BYTES = 64 * 1024;
/** Bytes after which a group is written at once. */
const GROUP_BYTES = 256 * 1024;
/** Of so many groups of a tick one waits for the event loop: a caller that asks again at once would let no timer and no socket have a turn. */
const TICKS = 64;
/** Milliseconds between two tries of a journal that could not write. */
const RETRY_AFTER = 250;

interface Group {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

export interface GroupHooks {
  /** After each write, with the event loop's turn about to end (`settled`) or in the middle of an append. */
  written(settled: boolean): void;
  /** A sync starts; what it returns is called when it succeeded. */
  syncing(): () => void;
  /** The state changed. */
  changed(state: LogState, reason: string): void;
}

export class Groups {
  readonly #chain: Chain;
  readonly #reserve: Reserve;
  readonly #durability: Durability;
  readonly #hooks: GroupHooks;
  #buffer: Buffer = Buffer.allocUnsafeSlow(FIRST_BYTES);
  readonly #tick: () => void;
  readonly #later: (write: () => void) => void;
  #ticks = 0;
  #writer: SegmentWriter;
  #fill = 0;
  #latest: Promise<void> = Promise.resolve();
  #group: Group | undefined = undefined;
  /** Written, waiting for a sync. */
  #unsynced: Group[] = [];
  #syncing = false;
  #state: LogState = 'open';
  #reason = '';
  #retryAt = 0;
  #refused = false;

  constructor(
    chain: Chain,
    writer: SegmentWriter,
    reserve: Reserve,
    durability: Durability,
    grouping: Grouping,
    hooks: GroupHooks,
  ) {
    this.#chain = chain;
    this.#writer = writer;
    this.#reserve = reserve;
    this.#durability = durability;
    this.#hooks = hooks;
    this.#later = grouping === 'turn' ? setImmediate : (write) => this.#soon(write);
    this.#tick = () => {
      if (this.#fill > 0 && !(this.#syncing && this.#durability === 'fsync')) this.write(true);
    };
  }

  get state(): LogState {
    return this.#state;
  }

  get writer(): SegmentWriter {
    return this.#writer;
  }

  /** Records were appended that were never written: who changed something with its record is ahead of the journal. */
  get refused(): boolean {
    return this.#refused;
  }

  append(record: Append): Appended {
    const outcome = record.kind === 'outcome' && this.#reserve.count > 0;
    if (this.#state !== 'open') this.#admit(outcome);
    const most = this.#fill + mostOf(record);
    if (most > this.#buffer.length) this.#grow(most);
    const end = this.#chain.add(record, this.#buffer, this.#fill);
    if (outcome) this.#reserve.drop();
    let group = this.#group;
    if (group === undefined) {
      group = Promise.withResolvers<void>();
      this.#group = group;
      this.#latest = group.promise;
    }
    if (this.#fill === 0) this.#later(this.#tick);
    this.#fill = end;
    const appended = { seq: this.#chain.seq, hash: this.#chain.hash, durable: group.promise };
    if (end >= GROUP_BYTES || this.#chain.pending >= MAX_PENDING) this.write(false);
    return appended;
  }

  /** Room for one outcome, or `journal_unavailable`. */
  reserveOutcome(): void {
    if (this.#state !== 'open') this.#admit(false);
    const taken = this.#reserve.take();
    if (taken === 'taken') return;
    if (taken === 'limit') {
      const detail = 'more intents wait for their outcome than room is kept for';
      throw new PortcullisError('journal_unavailable', detail);
    }
    this.#change('full', 'there is no room left for outcomes');
    throw this.#unavailable();
  }

  forgoOutcome(): void {
    this.#reserve.drop();
  }

  /** Resolves when everything appended so far is durable; rejects where some of it was refused. */
  flush(): Promise<void> {
    const { promise } = this.#group ?? { promise: this.#latest };
    this.#tick();
    return promise;
  }

  /** Writes what is pending. Whether that worked, the groups' promises tell. */
  write(settled: boolean): void {
    const group = this.#group;
    if (this.#fill === 0 || group === undefined) return;
    const length = this.#fill;
    this.#fill = 0;
    this.#group = undefined;
    try {
      this.#writeWithReserve(length);
    } catch (error) {
      this.#chain.drop();
      this.#refused = true;
      const state = this.#writer.broken ? 'broken' : isFull(error) ? 'full' : 'failed';
      this.#change(state, (error as Error).message);
      refuse(group, this.#unavailable(error));
      this.#latest = Promise.resolve();
      return;
    }
    this.#chain.settle();
    if (this.#durability === 'os') {
      group.resolve();
    } else {
      this.#unsynced.push(group);
      this.sync();
    }
    this.#hooks.written(settled);
  }

  /** Starts a sync of the segment, unless one is under way. */
  sync(): void {
    if (this.#syncing || this.#state === 'closed' || this.#state === 'broken') return;
    this.#syncing = true;
    const groups = this.#unsynced;
    this.#unsynced = [];
    const done = this.#hooks.syncing();
    this.#writer.sync((error) => {
      this.#syncing = false;
      if (error !== null) {
        this.#breakOff(error, groups);
        return;
      }
      for (const group of groups) group.resolve();
      done();
      if (this.#durability === 'fsync' && this.#state !== 'closed') {
        if (this.#fill > 0) this.write(true);
        else if (this.#unsynced.length > 0) this.sync();
      }
    });
  }

  /** Syncs within this call; false where that failed and the journal broke. */
  syncNow(): boolean {
    const groups = this.#unsynced;
    this.#unsynced = [];
    try {
      this.#writer.syncNow();
    } catch (error) {
      this.#breakOff(error as Error, groups);
      return false;
    }
    for (const group of groups) group.resolve();
    return true;
  }

  /** Goes on in another segment. INVARIANT: nothing is pending, and `syncNow` came before. */
  continueIn(writer: SegmentWriter): void {
    this.#writer.retire();
    this.#writer = writer;
  }

  /** Tries to leave a state in which nothing is written; true where the journal writes. */
  recover(): boolean {
    if (this.#state === 'full' && this.#reserve.fill()) this.#change('open', 'there is room again');
    if (this.#state === 'failed') this.#change('open', 'trying again');
    return this.#state === 'open';
  }

  close(): void {
    this.#state = 'closed';
    this.#reason = 'the journal is closed';
    this.#writer.retire();
    this.#reserve.close();
  }

  #grow(most: number): void {
    const size = Math.min(GROUP_BYTES + MAX_RECORD, Math.max(this.#buffer.length * 2, most));
    const larger = Buffer.allocUnsafeSlow(size);
    this.#buffer.copy(larger, 0, 0, this.#fill);
    this.#buffer = larger;
  }

  #soon(write: () => void): void {
    this.#ticks = (this.#ticks + 1) % TICKS;
    if (this.#ticks === 0) setImmediate(write);
    else queueMicrotask(write);
  }

  #admit(outcome: boolean): void {
    if (this.#state === 'full' && outcome) return;
    const now = performance.now();
    if (now >= this.#retryAt) {
      this.#retryAt = now + RETRY_AFTER;
      if (this.recover()) return;
    }
    throw this.#unavailable();
  }

  #writeWithReserve(length: number): void {
    for (;;) {
      try {
        this.#writer.write(this.#buffer, length);
        return;
      } catch (error) {
        if (!isFull(error) || this.#writer.broken || !this.#reserve.give(length)) throw error;
        this.#change('full', 'the disk is full');
      }
    }
  }

  #breakOff(error: Error, groups: readonly Group[]): void {
    this.#refused = true;
    this.#change('broken', `the segment cannot be synced: ${error.message}`);
    const refused = this.#unavailable(error);
    for (const group of [...groups, ...this.#unsynced]) refuse(group, refused);
    if (this.#group !== undefined) refuse(this.#group, refused);
    this.#unsynced = [];
    this.#group = undefined;
    this.#latest = Promise.resolve();
    this.#fill = 0;
    this.#chain.drop();
  }

  #change(state: LogState, reason: string): void {
    if (this.#state === state || this.#state === 'closed' || this.#state === 'broken') return;
    this.#state = state;
    this.#reason = reason;
    this.#retryAt = performance.now() + RETRY_AFTER;
    this.#hooks.changed(state, reason);
  }

  #unavailable(cause?: unknown): PortcullisError {
    return new PortcullisError(
      'journal_unavailable',
      `the journal cannot be written: ${this.#reason}`,
      cause === undefined ? {} : { cause },
    );
  }
}

/** A rejection that nobody waits for is no crash. */
function refuse(group: Group, error: Error): void {
  group.promise.catch(() => {});
  group.reject(error);
}
