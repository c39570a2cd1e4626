/** An action that ran while the disk under the journal went away: what the requester is told, and what a restart makes of it. */
import { closeSync, mkdtempSync, openSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Json } from '@portcullis/wire';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createKernel } from '../kernel.ts';
import type { Provider } from '../provider/types.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'portcullis-settle-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** From now on nothing more fits into the segment: what holds its descriptor writes to a disk that is full. */
function fill(): void {
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

function opened(during: () => void, faults: string[] = []) {
  const provider: Provider = {
    family: 'pay',
    actions: [{ name: 'pay.out', resource: 'other', params: { type: 'object' }, effect: 'write' }],
    execute: () => {
      during();
      return { data: { receipt: 'r-1' } as Json, labels: [] };
    },
  };
  return createKernel({
    dataDir: join(folder, 'data'),
    startDir: folder,
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
    const kernel = await opened(fill, faults);
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
