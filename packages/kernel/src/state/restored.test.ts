/** A data directory of which a part was put back and a part was not: nothing that was refused or done before is permitted or done again. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Json } from '@portcullis/wire';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { KernelHost } from '../host.ts';
import { openHost } from '../kernel.ts';
import { ownerCaller } from '../owner.ts';
import type { Provider } from '../provider/types.ts';

let folder: string;
let host: KernelHost | undefined;
let ran = 0;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'portcullis-restored-'));
  ran = 0;
  host = await open();
  expect(await pay()).toBe(undefined);
  await host.close();
  host = undefined;
});
afterEach(async () => {
  await host?.close();
  rmSync(folder, { recursive: true, force: true });
});

const provider: Provider = {
  family: 'money',
  actions: [{ name: 'pay', resource: 'other', params: { type: 'object' }, effect: 'write' }],
  execute: () => {
    ran += 1;
    return { data: { ran } as Json, labels: [] };
  },
};
const open = () =>
  openHost({
    dataDir: join(folder, 'data'),
    builtins: [],
    providers: [provider],
    policy: 'version: 1\nrules: [{name: all, effect: permit}]',
  });
async function pay(): Promise<boolean | undefined> {
  const kernel = (host as KernelHost).as(ownerCaller(undefined));
  return (await kernel.submit({ action: 'pay', idempotency_key: 'once' })).replayed;
}
const lose = (...names: string[]): void => {
  for (const name of names) rmSync(join(folder, 'data', name), { recursive: true });
};

test.each([
  [['keys/vault']],
  [['keys/grants', 'keys/grants.pem']],
  [['vault.sqlite', 'index.sqlite']],
])('without %s what was paid is not paid again', async (names) => {
  lose(...names);
  host = await open();
  expect(await pay()).toBe(true);
  expect(ran).toBe(1);
});

test('without the salt nobody could tell what was done: it does not start', async () => {
  lose('keys/salt');
  await expect(open()).rejects.toThrow(/salt is missing/);
  // And not because a new one was made meanwhile.
  await expect(open()).rejects.toThrow(/salt is missing/);
});
