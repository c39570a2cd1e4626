/** Makes a directory with those above it. Node's own way of doing that never ends where a directory is there and takes none, as in /proc. */
import { mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/** Throws what the system throws, and `ENOENT` where nothing can be made in a directory that is there. `mode`: of each that is made. */
export function makeDir(path: string, mode = 0o777): void {
  const missing: string[] = [];
  for (let at = resolve(path); !isMade(at, mode); at = dirname(at)) missing.push(at);
  for (const at of missing.reverse())
    if (!isMade(at, mode)) throw new Error(`${at} went while it was made`);
}

/** False where what is above it is missing. */
function isMade(path: string, mode: number): boolean {
  if (tried(path, mode) === undefined) return true;
  // Once more before it is given up: somebody else may make the same ones at this moment.
  if (!isDirectory(dirname(path))) return false;
  const error = tried(path, mode);
  if (error === undefined) return true;
  throw Object.assign(new Error(`${path} cannot be made: no directory can be made there`), {
    code: 'ENOENT',
    cause: error,
  });
}

/** undefined where it is there; the error that says that something is missing. */
function tried(path: string, mode: number): unknown {
  try {
    mkdirSync(path, { mode });
    return undefined;
  } catch (error) {
    if (isDirectory(path)) return undefined;
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' && dirname(path) !== path) return error;
    throw error;
  }
}

const isDirectory = (path: string): boolean =>
  statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
