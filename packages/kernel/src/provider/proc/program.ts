/**
 * Finds the program that a permit names, once, on a fixed search path, and holds it open: what was found and checked is
 * what runs. Refused: what is no executable file, what everybody may write, and what changes user when it runs.
 */
import {
  accessSync,
  closeSync,
  constants,
  fstatSync,
  openSync,
  readSync,
  realpathSync,
  statSync,
} from 'node:fs';
import { posix } from 'node:path';
import { canHold, openVerified } from '../fs/directories.ts';
import { refused } from '../fs/failure.ts';
import type { Reach } from '../fs/reach.ts';
import { ProviderError } from '../types.ts';

export interface Program {
  /** As it is called: the absolute path, links kept. */
  readonly path: string;
  /** The file itself. */
  readonly real: string;
  /** Held with O_PATH; undefined where the platform cannot. The caller closes. */
  readonly fd: number | undefined;
  /** Begins with `#!`: an interpreter runs it, by name. */
  readonly isScript: boolean;
}

export const SEARCH_PATH: readonly string[] = Object.freeze([
  '/usr/local/bin',
  '/usr/bin',
  '/bin',
  '/usr/local/sbin',
  '/usr/sbin',
  '/sbin',
]);

const missing = (): ProviderError => new ProviderError('not_found', 'there is no such program');

/** `name`: bare, or an absolute path. Throws a ProviderError without effect. */
export function findProgram(name: string, searchPath: readonly string[], reach: Reach): Program {
  const path = name.includes('/') ? name : search(name, searchPath);
  if (!path.startsWith('/') || posix.normalize(path) !== path || path.includes('\0')) {
    throw new ProviderError(
      'invalid_resource',
      'a program is a bare name or a canonical absolute path',
    );
  }
  reach.path(path);
  let real: string;
  try {
    real = realpathSync.native(path);
  } catch {
    throw missing();
  }
  reach.path(real);
  checkPlaces(real);
  const fd = canHold() ? openVerified(real) : undefined;
  try {
    const stats = fd === undefined ? statSync(real) : fstatSync(fd);
    if (!stats.isFile() || (stats.mode & 0o111) === 0) throw refused('this is not a program');
    if ((stats.mode & 0o6000) !== 0)
      throw refused('this program changes its user or group (set-id)');
    if ((stats.mode & 0o002) !== 0) throw refused('everybody may write this program');
    reach.inode(stats);
    return {
      path,
      real,
      fd,
      isScript: beginsWithHashBang(fd === undefined ? real : `/proc/self/fd/${fd}`),
    };
  } catch (error) {
    if (fd !== undefined) closeSync(fd);
    throw error;
  }
}

function search(name: string, searchPath: readonly string[]): string {
  if (name === '' || name === '.' || name === '..' || name.startsWith('-')) throw missing();
  for (const directory of searchPath) {
    const path = posix.join(directory, name);
    try {
      accessSync(path, constants.X_OK);
      if (statSync(path).isFile()) return path;
    } catch {
      // Not here.
    }
  }
  throw missing();
}

/** Where everybody may write a directory above, anybody could have put the program there; /tmp's sticky bit does not change that. */
function checkPlaces(real: string): void {
  for (let place = posix.dirname(real); ; place = posix.dirname(place)) {
    const { mode } = statSync(place);
    if ((mode & 0o002) !== 0 && (mode & 0o1000) === 0) {
      throw refused('everybody may write where this program lies');
    }
    if (place === '/') return;
  }
}

/** A program that may be run but not read is no script: its interpreter could not read it either. */
function beginsWithHashBang(path: string): boolean {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch {
    return false;
  }
  try {
    const head = Buffer.alloc(2);
    return readSync(fd, head, 0, 2, 0) === 2 && head.toString('latin1') === '#!';
  } finally {
    closeSync(fd);
  }
}
