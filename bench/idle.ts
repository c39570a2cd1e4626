/** Resident memory of a sidecar that was just started, with all built-in providers, and waits. Linux. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { main, type Size } from './figure.ts';
import { inFolder } from './folder.ts';
import { spread } from './measure.ts';

const CLI = join(import.meta.dirname, '../packages/cli/src/portcullis.mjs');

export async function measure(size: Size) {
  const values: number[] = [];
  for (let round = 0; round < (size === 'small' ? 1 : 5); round++) values.push(await resident());
  return [
    { name: 'idle sidecar, resident', wanted: ['<', 150], unit: 'MB', measured: spread(values) },
  ] as const;
}

const resident = (): Promise<number> =>
  inFolder(async (folder) => {
    const args = [CLI, 'serve', '--port', '0', '--data-dir', join(folder, 'data')];
    const child = spawn(process.execPath, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
    const exited = once(child, 'exit');
    try {
      await Promise.race([once(child.stdout, 'data'), once(child.stderr, 'data')]);
      await pause(3_000);
      const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
      return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
    } finally {
      child.kill('SIGTERM');
      await exited;
    }
  });

await main(import.meta, measure);
