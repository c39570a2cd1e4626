/**
 * What a verb costs, p50 and p99 in microseconds: in the process, over the unix socket, over TCP, and from Python. One caller, one call after the other,
 * durability `os`, records and all.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '@portcullis/client';
import { createKernel } from '@portcullis/kernel';
import { createSidecar } from '@portcullis/sidecar';
import type { Kernel } from '@portcullis/wire';
import { format, percentile } from './measure.ts';

const CALLS = 2_000;
const POLICY = {
  version: 1,
  rules: [
    { name: 'read', effect: 'permit', when: { action: 'fs.read' } },
    {
      name: 'refund',
      effect: 'permit',
      when: { action: 'issue_refund', params: { '/amount': { max: 10 } } },
    },
  ],
} as const;

type Verbs = Record<string, (kernel: Kernel, i: number) => Promise<unknown>>;

async function verbs(kernel: Kernel, file: string): Promise<Verbs> {
  const { decision } = await kernel.submit({ action: 'fs.read', resource: file });
  return {
    'submit fs.read, 100 bytes': (k) => k.submit({ action: 'fs.read', resource: file }),
    'submit, denied': (k) => k.submit({ action: 'fs.delete', resource: file }),
    'decide, host executes': (k) => k.decide({ action: 'issue_refund', params: { amount: 5 } }),
    'decide, pure check': (k) =>
      k.decide({ action: 'issue_refund', params: { amount: 5 }, execution: 'none' }),
    explain: (k) => k.explain(decision.id),
    status: (k) => k.status(),
  };
}

async function measure(kernel: Kernel, call: Verbs[string]): Promise<{ p50: number; p99: number }> {
  for (let i = 0; i < CALLS / 4; i++) await call(kernel, i);
  const samples = new Float64Array(CALLS);
  for (let i = 0; i < CALLS; i++) {
    const at = performance.now();
    await call(kernel, i);
    samples[i] = (performance.now() - at) * 1_000;
  }
  return { p50: percentile(samples, 0.5), p99: percentile(samples, 0.99) };
}

const folder = mkdtempSync(join(tmpdir(), 'portcullis-latency-'));
const file = join(folder, 'file.txt');
writeFileSync(file, 'x'.repeat(100));
const options = { startDir: folder, builtins: ['fs'] as const, policy: POLICY as never };
const inProcess = await createKernel({ ...options, dataDir: join(folder, 'library') });
const sidecar = await createSidecar({
  ...options,
  dataDir: join(folder, 'sidecar'),
  port: 0,
}).listen();
const apiKey = readFileSync(join(folder, 'sidecar', 'api-key'), 'utf8').trim();
const ways: [string, Kernel][] = [
  ['in process', inProcess],
  ['unix socket', await connect({ socketPath: sidecar.socketPath as string, apiKey })],
  ['TCP', await connect({ url: sidecar.url, apiKey })],
];

console.log(
  `${'microseconds, p50 / p99'.padEnd(28)}${ways.map(([way]) => way.padStart(20)).join('')}`,
);
for (const name of Object.keys(await verbs(inProcess, file))) {
  let line = name.padEnd(28);
  for (const [, kernel] of ways) {
    const call = (await verbs(kernel, file))[name] as Verbs[string];
    const { p50, p99 } = await measure(kernel, call);
    line += `${format(p50)} / ${format(p99)}`.padStart(20);
  }
  console.log(line);
}
for (const [, kernel] of ways) await kernel.close();
await sidecar.close();
rmSync(folder, { recursive: true, force: true });

console.log('\nfrom Python, and what the client adds:');
const bin = join(import.meta.dirname, '..', 'packages/cli/src/portcullis.mjs');
spawnSync('python3', [join(import.meta.dirname, '..', 'python/bench/latency.py')], {
  stdio: ['ignore', 'inherit', 'inherit'],
  env: { ...process.env, PORTCULLIS_BIN: bin },
});
