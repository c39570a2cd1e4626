/** For tests: the real command as a subprocess, in a directory and environment of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const BIN = fileURLToPath(new URL('../portcullis.mjs', import.meta.url));

const CACHE = fileURLToPath(new URL('../../../../node_modules/.cache', import.meta.url));

export interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export interface Place {
  readonly dir: string;
  readonly dataDir: string;
  readonly env: Readonly<Record<string, string>>;
  run(args: readonly string[], more?: RunOptions): Promise<Ran>;
  /** Started and left running; ended with the place. */
  start(args: readonly string[]): ChildProcess;
  clear(): Promise<void>;
}

interface RunOptions {
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** A new directory, the working directory of the command: the checkout's, or one that was installed. */
export function place(installed?: string): Place {
  const dir = mkdtempSync(join(tmpdir(), 'portcullis-cli-'));
  chmodSync(dir, 0o700);
  const dataDir = join(dir, 'state', 'portcullis');
  const env = {
    PATH: process.env.PATH ?? '',
    HOME: dir,
    XDG_STATE_HOME: join(dir, 'state'),
    XDG_CONFIG_HOME: join(dir, 'config'),
    // One cache of compiled sources for all, so that each start is a fast one; what was installed for a test never starts again.
    XDG_CACHE_HOME: installed === undefined ? CACHE : dir,
  };
  const running = new Set<ChildProcess>();
  const spawned = (args: readonly string[], more: RunOptions = {}): ChildProcess => {
    const child = spawn(process.execPath, [installed ?? BIN, ...args], {
      cwd: dir,
      env: { ...env, ...more.env },
      stdio: 'pipe',
    });
    running.add(child);
    child.once('close', () => running.delete(child));
    return child;
  };
  return {
    dir,
    dataDir,
    env,
    run(args, more = {}) {
      const child = spawned(args, more);
      child.stdin?.on('error', () => {});
      child.stdin?.end(more.input ?? '');
      return finished(child);
    },
    start: (args) => spawned(args),
    async clear() {
      await Promise.all(
        [...running].map(async (child) => {
          const closed = new Promise((resolve) => child.once('close', resolve));
          child.kill('SIGTERM');
          await closed;
        }),
      );
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

export function finished(child: ChildProcess): Promise<Ran> {
  let out = '';
  let err = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    err += text;
  });
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, out, err })));
}
