/** A session opened with a preset in a real kernel: the preset narrows it, and what the session has read changes the answer. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createKernel } from '../kernel.ts';

let dir = '';
beforeAll(() => {
  dir = realpathSync(mkdtempSync(join(tmpdir(), 'portcullis-preset-')));
  for (const child of ['data', 'src']) {
    mkdirSync(join(dir, child));
    writeFileSync(join(dir, child, 'a.md'), child);
  }
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const OPEN = { version: 1, rules: [{ name: 'all', effect: 'permit' }] };

test('it narrows an open server, and strangers end a strict session', async () => {
  const kernel = await createKernel({ startDir: dir, policy: OPEN });
  try {
    const { id: session } = await kernel.openSession({ preset: 'strict' });
    const said = async (action: string, resource: string) =>
      (await kernel.decide({ action, resource, session, execution: 'none' })).decision;
    expect(await said('fs.read', 'data/a.md')).toMatchObject({ effect: 'permit' });
    expect(await said('fs.read', 'src/a.md')).toMatchObject({ code: 'no_matching_rule' });
    const { id: free } = await kernel.openSession();
    expect(
      (await kernel.submit({ action: 'fs.read', resource: 'src/a.md', session: free })).outcome
        .status,
    ).toBe('ok');
    // The host reports something from outside; the session has then read it.
    const { permit } = await kernel.decide({ action: 'fs.read', resource: 'data/a.md', session });
    await kernel.report({ permit: permit ?? '', status: 'ok', result: 'a page' });
    expect(await said('fs.read', 'data/a.md')).toMatchObject({
      code: 'denied_by_rule',
      detail: { rule: 'nothing-after-strangers' },
    });
  } finally {
    await kernel.close();
  }
});

test('three refusals end a strict session; what is held denies while nobody can be asked', async () => {
  const kernel = await createKernel({ startDir: dir, policy: OPEN });
  try {
    const { id: session } = await kernel.openSession({ preset: 'strict' });
    const read = () => kernel.submit({ action: 'fs.read', resource: 'data/a.md', session });
    expect((await read()).decision.effect).toBe('permit');
    for (let i = 0; i < 3; i++)
      await kernel.submit({ action: 'fs.read', resource: 'src/a.md', session });
    expect((await read()).decision.detail?.rule).toBe('too-many-refusals');
    const { id: project } = await kernel.openSession({ preset: 'workspace-assistant' });
    const { decision } = await kernel.decide({
      action: 'proc.exec',
      resource: 'ls',
      session: project,
    });
    expect(decision.effect).not.toBe('permit');
  } finally {
    await kernel.close();
  }
});
