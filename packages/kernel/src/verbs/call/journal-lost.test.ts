/** The disk under the journal goes away or fills, before an action runs and while it does: what the requester is told, and what a restart makes of it. */
import { closeSync, mkdtempSync, openSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Json, Kernel, Result } from '@portcullis/wire';
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest';
import { fill, mountSmall, unmount } from '../../journal/testing/small-disk.ts';
import { createKernel } from '../../kernel.ts';
import type { Provider } from '../../provider/types.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'portcullis-lost-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** From now on nothing more fits into the segment: what holds its descriptor writes to a disk that is full. */
function lose(): void {
  const fd = readdirSync('/proc/self/fd').find((name) => {
    try {
      const path = readlinkSync(`/proc/self/fd/${name}`);
      return path.startsWith(join(folder, 'data', 'journal')) && path.endsWith('.jsonl');
    } catch {
      return false;
    }
  });
  closeSync(Number(fd));
  expect(openSync('/dev/full', 'w')).toBe(Number(fd));
}

function opened(during: () => void | Promise<void>, faults: string[] = [], root = folder) {
  const provider: Provider = {
    family: 'pay',
    actions: [{ name: 'pay.out', resource: 'other', params: { type: 'object' }, effect: 'write' }],
    execute: async () => {
      await during();
      return { data: { receipt: 'r-1' } as Json, labels: [] };
    },
  };
  return createKernel({
    dataDir: join(root, 'data'),
    startDir: root,
    builtins: [],
    providers: [provider],
    policy: { version: 1, rules: [{ name: 'all', effect: 'permit', when: {} }] },
    onMessage: (level, message) => {
      if (level === 'fault') faults.push(message);
    },
  });
}

test.runIf(process.platform === 'linux')(
  'what ran and could not be recorded is unknown, shows nothing, and stays so over a restart',
  async () => {
    const faults: string[] = [];
    const kernel = await opened(lose, faults);
    const result = await kernel.submit({ action: 'pay.out' });
    expect(result.decision.effect).toBe('permit');
    expect(result.outcome).toMatchObject({
      status: 'unknown',
      error: { code: 'journal_unavailable' },
    });
    expect(result.frame).toBeUndefined();
    expect((await kernel.submit({ action: 'pay.out' })).decision.code).toBe('journal_unavailable');
    expect(faults.join()).toContain('the journal');
    await kernel.close();
    const again = await opened(() => {});
    const { outcome } = await again.explain(result.decision.id);
    expect(outcome).toMatchObject({ status: 'unknown', error: { code: 'unknown_outcome' } });
    await again.close();
  },
);

test.runIf(process.platform === 'linux').each<[string, (kernel: Kernel) => Promise<Result>]>([
  ['submit', (kernel) => kernel.submit({ action: 'pay.out' })],
  ['decide', (kernel) => kernel.decide({ action: 'pay.out' })],
  ['a batch', async (kernel) => (await kernel.decideBatch([{ action: 'pay.out' }]))[0] as Result],
])('%s: what could not be recorded is not permitted, and nothing runs', async (_, ask) => {
  let ran = 0;
  const kernel = await opened(() => {
    ran += 1;
  });
  lose();
  const { decision, outcome, permit, record } = await ask(kernel);
  expect(decision).toMatchObject({ effect: 'deny', code: 'journal_unavailable' });
  expect([outcome.status, permit, record]).toEqual(['not_executed', undefined, undefined]);
  expect(ran).toBe(0);
  await kernel.close();
});

const disk = mountSmall(12);
afterAll(() => {
  if (disk !== undefined) unmount(disk);
});

test.skipIf(disk === undefined)(
  'an intent has room for its outcome on a disk that fills while it runs',
  async () => {
    const root = disk as string;
    const filled: (() => void)[] = [];
    let turns = 0;
    // One after the other: each takes what the one before left, and what the journal gave up for its outcome.
    const during = async () => {
      for (let left = turns++; left > 0; left--) await new Promise((next) => setImmediate(next));
      filled.push(fill(root));
    };
    const kernel = await opened(during, [], root);
    const asked = Array.from({ length: 100 }, () => kernel.submit({ action: 'pay.out' }));
    for (const { decision, outcome, record } of await Promise.all(asked)) {
      expect(decision.effect).toBe('permit');
      expect(outcome.status).toBe('ok');
      expect(record).toBeDefined();
    }
    expect(filled.length).toBe(100);
    expect(await kernel.verify()).toMatchObject({ ok: true });
    filled[0]?.();
    await kernel.close();
  },
);
