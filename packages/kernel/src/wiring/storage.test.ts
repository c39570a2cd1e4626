/** A kernel that does not come up lets go of what it opened: its journal can be opened at once by whoever mended the mistake. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createKernel } from '../kernel.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'portcullis-start-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const open = (labels?: string) =>
  createKernel({
    dataDir: join(folder, 'data'),
    builtins: [],
    ...(labels === undefined ? {} : { labels: { files: [labels] } }),
  });

it('where the labels do not load', async () => {
  const labels = join(folder, 'labels.yaml');
  writeFileSync(labels, 'version: 1\nlabels: nonsense\n');
  await expect(open(labels)).rejects.toThrow(/labels/);
  await (await open()).close();
});

it('where the vault does not open', async () => {
  const vault = join(folder, 'data/vault.sqlite');
  mkdirSync(vault, { recursive: true, mode: 0o700 });
  await expect(open()).rejects.toThrow(/not a regular file/);
  rmSync(vault, { recursive: true });
  await (await open()).close();
});
