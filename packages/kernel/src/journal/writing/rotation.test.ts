/** Rotation and retention that are cut short: by a process out of descriptors, and by a kill after it. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { KEY, makeKit } from '../testing/kit.ts';
import { verifyJournal } from '../verifying/verify.ts';

const CHILD = join(import.meta.dirname, '../testing/descriptors-child.ts');

it.skipIf(process.platform === 'win32').each([0, 1, 2, 10])(
  'with %i descriptors left and then a kill -9, nothing reads as tampering and nothing is lost',
  async (left) => {
    const kit = makeKit();
    const pem = KEY.privateKey.export({ format: 'pem', type: 'pkcs8' });
    writeFileSync(join(kit.root, 'key.pem'), pem);
    const command = 'ulimit -n 120 && exec "$@"';
    const child = spawnSync(
      '/bin/sh',
      ['-c', command, 'sh', process.execPath, CHILD, kit.root, `${left}`],
      { encoding: 'utf8' },
    );
    expect(child.signal, child.stderr).toBe('SIGKILL');
    const { last, faults } = JSON.parse(readFileSync(join(kit.root, 'told'), 'utf8'));
    // Between the two the index takes its turns with the same descriptors: whether a rotation finds one is chance.
    if (left === 0) expect(faults).not.toEqual([]);
    if (left === 10) expect(faults).toEqual([]);

    // The checkpoint that the child was given stands in the file, not in one that was replaced.
    const report = await verifyJournal(kit.dir, { publicKey: KEY.publicKey });
    expect(report).toMatchObject({ ok: true, last, covered: last });
    rmSync(join(kit.root, 'index.sqlite'));
    const { journal, state, recovery } = await kit.open({ now: Date.now });
    expect(recovery.problem ?? recovery.lost).toBeUndefined();
    expect(state.seen).toHaveLength(last);
    await journal.close();
    kit.remove();
  },
);

it('what a kill left half-written is gone at the next start', async () => {
  const kit = makeKit();
  await (await kit.open()).journal.close();
  for (const name of ['0000000000000009.snapshot.new', 'checkpoints.new'])
    writeFileSync(join(kit.dir, name), 'half of');
  await (await kit.open()).journal.close();
  expect(readdirSync(kit.dir).filter((name) => name.endsWith('.new'))).toEqual([]);
  kit.remove();
});
