/** A write that fails though there is room, by a limit on the size of files: what was chained by then is gone, and no state that has seen it is kept. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { FileJournal } from './journal.ts';
import { openJournal } from './opening/open.ts';
import { KEY, SeenState, START } from './testing/kit.ts';
import type { Append } from './types.ts';

const PRLIMIT = '/usr/bin/prlimit';
const limit = (bytes: string): boolean =>
  spawnSync(PRLIMIT, ['--pid', String(process.pid), `--fsize=${bytes}:`]).status === 0;
const UNLIMITED = 'unlimited';

let root: string;
let journal: FileJournal;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'portcullis-refused-'));
  mkdirSync(join(root, 'journal'), { mode: 0o700 });
});
afterEach(async () => {
  await journal?.close();
  rmSync(root, { recursive: true, force: true });
});

async function open(): Promise<void> {
  const opened = await openJournal({
    dir: join(root, 'journal'),
    indexPath: join(root, 'index.sqlite'),
    lockPath: join(root, 'lock.sqlite'),
    node: 'node-1',
    durability: 'os',
    segmentBytes: 20_000,
    signer: { key: KEY, name: 'portcullis' },
    now: () => START,
    state: new SeenState(),
    onMessage: () => {},
  });
  journal = opened.journal as FileJournal;
}

const record = (n: number): Append => ({
  kind: 'decision',
  tenant: 'default',
  at: START + n,
  members: `"id":"id-${n}","pad":"${'x'.repeat(1_000)}"`,
});
const append = async (n: number) => journal.append(record(n)).durable;
const snapshots = async () => {
  await journal.boundariesPlaced();
  return readdirSync(join(root, 'journal')).filter((name) => name.endsWith('.snapshot'));
};

test.runIf(process.platform === 'linux' && limit(UNLIMITED))(
  'no boundary gets a snapshot until the journal was opened again',
  async () => {
    await open();
    for (let n = 0; n < 40; n++) await append(n);
    const before = await snapshots();
    expect(before.length).toBeGreaterThan(0);
    // Whatever segment is written has some bytes by now, and may have no more.
    for (let n = 0; n < 4; n++) await append(n);
    limit('1');
    try {
      await expect(append(0)).rejects.toMatchObject({ code: 'journal_unavailable' });
    } finally {
      limit(UNLIMITED);
    }
    const works = () =>
      append(0).then(
        () => true,
        () => false,
      );
    await expect.poll(works).toBe(true);
    for (let n = 0; n < 40; n++) await append(n);
    expect(await snapshots()).toEqual(before);
    expect(await journal.verify()).toMatchObject({ ok: true });
    await journal.close();
    await open();
    for (let n = 0; n < 40; n++) await append(n);
    expect((await snapshots()).length).toBeGreaterThan(before.length);
  },
);
