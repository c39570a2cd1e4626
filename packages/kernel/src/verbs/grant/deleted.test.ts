/** A grant of a capability that was deleted is over for good: registering the very same again brings none back. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createKernel } from '../../kernel.ts';

const definition = {
  id: 'do.once',
  name: 'do it',
  description: 'does it',
  action: 'do.it',
  safety: 'write',
} as const;

it('stays over when the same is registered again, and when only the records tell of it', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'deleted-'));
  const open = () =>
    createKernel({
      builtins: [],
      dataDir: join(dir, 'data'),
      policy: { version: 1, rules: [{ name: 'all', effect: 'permit', when: { action: 'do.it' } }] },
      providers: [
        {
          family: 'do',
          actions: [
            { name: 'do.it', resource: 'other', params: { type: 'object' }, effect: 'write' },
          ],
          execute: () => ({ data: 'done', labels: [] }),
        },
      ],
    });
  let kernel = await open();
  await kernel.registerCapability(definition);
  const token = (await kernel.grant({ capability: 'do.once' })).token as string;
  expect((await kernel.invoke({ token })).outcome.status).toBe('ok');

  await kernel.deleteCapability('do.once');
  await kernel.registerCapability(definition);
  const fresh = (await kernel.grant({ capability: 'do.once' })).token as string;
  expect((await kernel.invoke({ token: fresh })).outcome.status).toBe('ok');
  expect((await kernel.invoke({ token })).decision.code).toBe('token_revoked');

  await kernel.close();
  // As after a kill: nothing but the records tells of it.
  for (const name of readdirSync(join(dir, 'data')).filter((one) => one.startsWith('index')))
    rmSync(join(dir, 'data', name));
  kernel = await open();
  expect((await kernel.invoke({ token })).decision.code).toBe('token_revoked');
  await kernel.close();
  rmSync(dir, { recursive: true });
});
