import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Append } from '../types.ts';
import { Chain } from './chain.ts';
import { type Grouping, Groups, type LogState } from './groups.ts';
import { Reserve } from './reserve.ts';
import { SegmentWriter } from './writer.ts';

/** A disk that fails on demand, around a real segment: the system gives no way to make one. */
class FailingWriter {
  readonly inner: SegmentWriter;
  failWrite: string | undefined = undefined;
  failSync: string | undefined = undefined;
  broken = false;
  writes = 0;
  syncs = 0;

  constructor(inner: SegmentWriter) {
    this.inner = inner;
  }

  write(buffer: Buffer, length: number): void {
    this.writes++;
    if (this.failWrite !== undefined)
      throw Object.assign(new Error(this.failWrite), { code: this.failWrite });
    this.inner.write(buffer, length);
  }

  sync(done: (error: Error | null) => void): void {
    this.syncs++;
    const { failSync } = this;
    this.inner.sync(() => done(failSync === undefined ? null : new Error(failSync)));
  }

  syncNow(): void {
    this.inner.syncNow();
  }

  retire(): void {
    this.inner.retire();
  }
}

let dir: string;
let chain: Chain;
let disk: FailingWriter;
let states: LogState[];

const make = (durability: 'os' | 'fsync', grouping: Grouping = 'tick'): Groups =>
  new Groups(
    chain,
    disk as unknown as SegmentWriter,
    new Reserve(join(dir, 'reserve'), 1 << 22),
    durability,
    grouping,
    {
      written: () => {},
      syncing: () => () => {},
      changed: (state) => states.push(state),
    },
  );

const record = (n: number): Append => ({
  kind: 'decision',
  tenant: 'default',
  at: n,
  members: `"n":${n}`,
});
const unavailable = { code: 'journal_unavailable' };

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'portcullis-groups-'));
  mkdirSync(dir, { recursive: true });
  chain = Chain.start('node-1', '0'.repeat(32));
  disk = new FailingWriter(SegmentWriter.create(dir, 1));
  states = [];
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

describe('group commit', () => {
  it('shares one write among the appends of one tick', async () => {
    const groups = make('os');
    const all = Array.from({ length: 50 }, (_, n) => groups.append(record(n)));
    expect(disk.writes).toBe(0);
    await Promise.all(all.map((a) => a.durable));
    expect(disk.writes).toBe(1);
    expect(all.map((a) => a.seq)).toEqual(Array.from({ length: 50 }, (_, n) => n + 1));
    groups.close();
  });

  it('shares one write among the appends of one turn, and answers none of them before', async () => {
    const groups = make('os', 'turn');
    let answered = 0;
    const all: Promise<void>[] = [];
    for (let n = 0; n < 20; n++) {
      all.push(groups.append(record(n)).durable.then(() => void answered++));
      // A tick of its own each, as requests from different connections have.
      await new Promise<void>((done) => process.nextTick(done));
    }
    expect([disk.writes, answered]).toEqual([0, 0]);
    await Promise.all(all);
    expect(disk.writes).toBe(1);
    groups.close();
  });

  it('lets timers have their turn, however soon a caller asks again', async () => {
    const groups = make('os');
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    for (let n = 0; n < 1_000_000 && turns === 0; n++) await groups.append(record(1)).durable;
    clearInterval(timer);
    expect(turns).toBeGreaterThan(0);
    groups.close();
  });

  it('shares one sync among those that come while another is under way', async () => {
    const groups = make('fsync');
    const first = groups.append(record(1)).durable;
    await Promise.resolve(); // the first group is written, its sync is under way
    const rest: Promise<void>[] = [];
    for (let n = 2; n <= 200; n++) {
      rest.push(groups.append(record(n)).durable);
      await Promise.resolve();
    }
    await Promise.all([first, ...rest]);
    expect(disk.syncs).toBeLessThanOrEqual(3);
    expect(disk.writes).toBeLessThanOrEqual(3);
    groups.close();
  });

  it('does not wait with a large group', async () => {
    const groups = make('fsync');
    const members = `"pad":"${'x'.repeat(100_000)}"`;
    for (let n = 0; n < 9; n++) groups.append({ ...record(n), members });
    expect(disk.writes).toBe(3);
    await groups.flush();
    expect(chain.written.seq).toBe(9);
    groups.close();
  });
});

describe('a write that fails', () => {
  it('takes the chain back, tells every caller, and lets a later append try again', async () => {
    const groups = make('os');
    await groups.append(record(1)).durable;
    disk.failWrite = 'EIO';
    const refused = [2, 3, 4].map((n) => groups.append(record(n)).durable);
    for (const promise of refused) await expect(promise).rejects.toMatchObject(unavailable);
    expect(chain.seq).toBe(1);
    expect(states).toEqual(['failed']);
    expect(() => groups.append(record(5))).toThrow(expect.objectContaining(unavailable));
    expect(() => groups.reserveOutcome()).toThrow(expect.objectContaining(unavailable));
    disk.failWrite = undefined;
    expect(groups.recover()).toBe(true);
    const again = groups.append(record(6));
    await again.durable;
    expect(again.seq).toBe(2);
    await groups.flush();
    groups.close();
  });

  it('is no crash where nobody waits for it', async () => {
    const groups = make('os');
    disk.failWrite = 'EIO';
    groups.append(record(1));
    await new Promise((resolve) => setImmediate(resolve));
    expect(states).toEqual(['failed']);
    groups.close();
  });

  it('breaks the journal where it cannot be cut back', async () => {
    const groups = make('os');
    disk.failWrite = 'EIO';
    disk.broken = true;
    await expect(groups.append(record(1)).durable).rejects.toMatchObject(unavailable);
    disk.failWrite = undefined;
    expect(groups.recover()).toBe(false);
    expect(states).toEqual(['broken']);
    expect(() => groups.append(record(2))).toThrow(expect.objectContaining(unavailable));
    groups.close();
  });

  it('breaks the journal where a sync fails: what is on disk then, nobody knows', async () => {
    const groups = make('fsync');
    disk.failSync = 'EIO';
    const first = groups.append(record(1)).durable;
    await Promise.resolve();
    const gathering = groups.append(record(2)).durable;
    await expect(first).rejects.toMatchObject(unavailable);
    await expect(gathering).rejects.toMatchObject(unavailable);
    expect(states).toEqual(['broken']);
    expect(chain.seq).toBe(1);
    await groups.flush();
    expect(() => groups.append(record(3))).toThrow(expect.objectContaining(unavailable));
    groups.close();
  });
});
