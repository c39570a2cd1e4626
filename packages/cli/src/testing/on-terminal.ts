/** For tests: the real command on a pseudo-terminal, its questions answered. Needs python3, and says so where it is not. */
import { execFileSync, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Place } from './run.ts';

const BIN = fileURLToPath(new URL('../portcullis.mjs', import.meta.url));
const DRIVER = fileURLToPath(new URL('./on_terminal.py', import.meta.url));

export const canDrive = spawnSync('python3', ['-c', 'import pty']).status === 0;
if (!canDrive) console.warn('skipped: no python3 with pty, so nothing is tested on a terminal');

/** `answers`: what is waited for on the screen, and the keys that are pressed then. */
export function onTerminal(
  here: Place,
  args: readonly string[],
  answers: readonly (readonly [expected: string, keys: string])[] = [],
  env: Readonly<Record<string, string>> = {},
): { code: number; out: string } {
  return JSON.parse(
    execFileSync('python3', [DRIVER, process.execPath, BIN, ...args], {
      cwd: here.dir,
      env: { ...here.env, TERM: 'xterm-256color', ...env },
      input: JSON.stringify(answers),
      encoding: 'utf8',
    }),
  );
}
