/** A long run of one row, for a profiler: `node --cpu-prof bench/profile-deny.ts [deny|read|write|decide] [count]`. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createKernel } from '@portcullis/kernel';

const [row = 'deny', count = '50000'] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'portcullis-profile-'));
mkdirSync(join(folder, 'files'));
writeFileSync(join(folder, 'files', 'big'), 'x'.repeat(2500));
const when = { action: 'fs.*', resource: `${folder}/files/**` };
const kernel = await createKernel({
  dataDir: join(folder, 'data'),
  startDir: folder,
  builtins: ['fs'],
  policy: { version: 1, rules: [{ name: 'files', effect: 'permit', when }] },
});
const calls: Record<string, (i: number) => Promise<unknown>> = {
  deny: () => kernel.submit({ action: 'fs.read', resource: '/nobody/permits' }),
  decide: () => kernel.decide({ action: 'issue_refund', params: { amount: 5 }, execution: 'none' }),
  read: () => kernel.submit({ action: 'fs.read', resource: `${folder}/files/big` }),
  write: (i) =>
    kernel.submit({
      action: 'fs.write',
      resource: `${folder}/files/new${i}`,
      params: { content: 'y'.repeat(200) },
    }),
};
const call = calls[row] as (i: number) => Promise<unknown>;
const total = Number(count);
for (let i = 0; i < total / 5; i++) await call(i);
const began = performance.now();
for (let i = 0; i < total; i++) await call(total + i);
console.log(`${row}: ${(((performance.now() - began) * 1000) / total).toFixed(2)} us a call`);
await kernel.close();
rmSync(folder, { recursive: true, force: true });
