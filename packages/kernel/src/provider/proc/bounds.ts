/** What one box, a sandboxed program and all it starts, may take of the machine; and how the kernel is told while the box is held. */
import { execFile } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { release } from 'node:os';
import { ProviderError } from '../types.ts';

export interface Bounds {
  /** Bytes of all its processes together, and of its files in memory. */
  readonly memory: number;
  /** Processes and threads. */
  readonly processes: number;
  /** Bytes of one file. */
  readonly file: number;
  /** Milliseconds of processor time, of all its processes together. */
  readonly cpu: number;
}

export type Bound = keyof Bounds;

export const DEFAULT_BOUNDS: Bounds = Object.freeze({
  memory: 2 * 1024 ** 3,
  processes: 256,
  file: 1024 ** 3,
  cpu: 600_000,
});

const PRLIMIT = '/usr/bin/prlimit';

/** The kernel's own limits need it; without, a box is only measured. */
export const canLimit = (): boolean => existsSync(PRLIMIT);

/** Older kernels count the processes of a user over the whole machine, and none counts root's. */
export function limitsProcesses(kernel: string = release(), uid = process.getuid?.()): boolean {
  const [major = 0, minor = 0] = kernel.split('.').map(Number);
  return uid !== 0 && (major > 5 || (major === 5 && minor >= 14));
}

/**
 * The kernel's limits, for the first process of a box before it starts another. They are counted in the box's own user namespace, so that boxes
 * do not take each other's. Memory has none: the kernel limits what a process has asked for, of which JavaScript and Java use a tenth, and never
 * what several take together. It is measured, and of all programs of the machine a box is the first that want of memory ends.
 */
export function limit(pid: number, bounds: Bounds): Promise<void> {
  try {
    writeFileSync(`/proc/${pid}/oom_score_adj`, '1000');
  } catch {
    // It is bounded all the same.
  }
  if (!canLimit()) return Promise.resolve();
  const seconds = Math.ceil(bounds.cpu / 1000);
  const args = [
    `--pid=${pid}`,
    ...(limitsProcesses() ? [`--nproc=${bounds.processes}`] : []),
    `--fsize=${bounds.file}`,
    // The first tells by its signal what it was; who ignores that ends by the second.
    `--cpu=${seconds}:${seconds + 1}`,
    '--core=0',
  ];
  return new Promise((resolve, reject) => {
    execFile(PRLIMIT, args, { env: {}, cwd: '/', timeout: 5_000 }, (error) => {
      if (error === null) resolve();
      else
        reject(
          new ProviderError('sandbox_unavailable', 'its limits could not be set', 'none', error),
        );
    });
  });
}

/** What the kernel ends a process with that went beyond one of them, as an exit code: SIGXFSZ, SIGXCPU. */
export const boundOf = (exitCode: number | null): Bound | undefined =>
  exitCode === 128 + 25 ? 'file' : exitCode === 128 + 24 ? 'cpu' : undefined;
