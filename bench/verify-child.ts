/**
 * `verify DATA_DIR` verifies a journal without its kernel, `open DATA_DIR` starts a kernel on it. Prints what it took in seconds, and the most memory
 * that was resident until then in MB.
 */
import { createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createKernel, verifyJournal } from '@portcullis/kernel';

const [what = '', dataDir = ''] = process.argv.slice(2);
const began = performance.now();

function print(): void {
  const seconds = (performance.now() - began) / 1000;
  const peak = /VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  console.log(JSON.stringify({ seconds, megabytes: Number(peak) / 1024 }));
}

if (what === 'verify') {
  const publicKey = createPublicKey(readFileSync(join(dataDir, 'keys', 'signing.pem')));
  const report = await verifyJournal(join(dataDir, 'journal'), { publicKey });
  if (!report.ok) throw new Error(report.problem?.message);
  print();
} else {
  // One segment, as it was filled: a rotation would leave a snapshot that the next start begins from.
  const kernel = await createKernel({ dataDir, builtins: [], segmentBytes: 2 ** 40 });
  print();
  await kernel.close();
}
