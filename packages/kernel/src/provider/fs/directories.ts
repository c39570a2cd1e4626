/**
 * Directories held open by descriptor, so that a name is looked up in the very directory that was permitted and no
 * path is resolved twice. Bounded, and given back when idle.
 *
 * INVARIANT: a held directory's real path, as the kernel told it through /proc/self/fd when it was verified, was byte
 * for byte the path it is held under: no component was a symbolic link. A name opened in it with O_NOFOLLOW is
 * therefore a file at exactly that path, wherever other names lead by then.
 */
import {
  closeSync,
  constants,
  fstatSync,
  mkdirSync,
  openSync,
  readlinkSync,
  realpathSync,
} from 'node:fs';
import { posix } from 'node:path';
import { ProviderError } from '../types.ts';
import { errnoOf, fsFailure, outsidePermit, refused } from './failure.ts';
import type { Reach } from './reach.ts';

/** `O_PATH` of open(2) on Linux: a handle on the inode that opens nothing, so no device or pipe notices. */
const O_PATH = 0o10000000;

export interface Directory {
  readonly path: string;
  /** A path that leads to `name` in this directory and nowhere else. */
  at(name: string): string;
}

export interface Directories {
  /** Verified within the last 100 ms: for reads, which prove afterwards that the path still leads there. */
  hold(path: string): Directory;
  /** Verified now: for whatever changes the world. */
  verify(path: string): Directory;
  /** Like `verify`; missing directories are made, each in its held and verified parent. */
  make(path: string): { readonly directory: Directory; readonly made: number };
  forget(path: string): void;
  close(): void;
}

const { O_NOFOLLOW } = constants;
const MAX_HELD = 64;
const TRUST_MS = 100;
const IDLE_MS = 5_000;

interface Held extends Directory {
  readonly fd: number;
  verified: number;
  used: number;
}

/** What the names the kernel gives cannot tell apart from something else. */
export function checkName(path: string): void {
  if (path.endsWith(' (deleted)')) throw refused('a name that ends in " (deleted)" is ambiguous');
  if (path.includes('\uFFFD')) throw refused('a name with U+FFFD is ambiguous');
  if (path.includes('\0') || !path.startsWith('/')) throw refused('this is not an absolute path');
}

/** Opens without side effect and proves where it is. The caller closes. */
export function openVerified(path: string): number {
  checkName(path);
  const fd = openSync(path, O_PATH | O_NOFOLLOW);
  let real: string;
  try {
    real = readlinkSync(`/proc/self/fd/${fd}`);
  } catch (error) {
    closeSync(fd);
    throw error;
  }
  if (real === path) return fd;
  closeSync(fd);
  throw outsidePermit('the path leads through a symbolic link or was moved');
}

/** True where directories can be held: Linux with /proc. */
export function canHold(): boolean {
  if (process.platform !== 'linux') return false;
  try {
    closeSync(openVerified('/'));
    return true;
  } catch {
    return false;
  }
}

export function createDirectories(reach: Reach): Directories {
  const held = new Map<string, Held>();
  let timer: NodeJS.Timeout | undefined;

  const drop = (entry: Held): void => {
    held.delete(entry.path);
    closeSync(entry.fd);
  };

  const sweep = (): void => {
    timer = undefined;
    const now = performance.now();
    for (const entry of held.values()) if (now - entry.used > IDLE_MS) drop(entry);
    arm();
  };
  const arm = (): void => {
    if (timer === undefined && held.size > 0) timer = setTimeout(sweep, IDLE_MS).unref();
  };

  const open = (path: string, now: number): Held => {
    const fd = openVerified(path);
    try {
      const stats = fstatSync(fd);
      if (stats.isSymbolicLink()) throw outsidePermit('the path leads through a symbolic link');
      if (!stats.isDirectory()) {
        throw new ProviderError('provider_error', 'a part of the path is not a directory');
      }
      reach.inode(stats);
    } catch (error) {
      closeSync(fd);
      throw error;
    }
    if (held.size >= MAX_HELD) {
      const [oldest] = held.values();
      if (oldest !== undefined) drop(oldest);
    }
    const prefix = `/proc/self/fd/${fd}/`;
    const entry: Held = { path, fd, at: (name) => prefix + name, verified: now, used: now };
    held.set(path, entry);
    arm();
    return entry;
  };

  const get = (path: string, trust: number): Held => {
    const now = performance.now();
    const entry = held.get(path);
    if (entry === undefined) return open(path, now);
    if (now - entry.verified >= trust) {
      if (readlinkSync(`/proc/self/fd/${entry.fd}`) !== path) {
        drop(entry);
        return open(path, now);
      }
      entry.verified = now;
    }
    if (now - entry.used > 1) {
      // Least recently used goes first; once a millisecond is order enough.
      held.delete(path);
      held.set(path, entry);
      entry.used = now;
    }
    return entry;
  };

  return Object.freeze({
    hold: (path: string) => get(path, TRUST_MS),
    verify: (path: string) => get(path, 0),
    make: (path: string) => makeIn((at) => get(at, 0), path),
    forget(path: string): void {
      const entry = held.get(path);
      if (entry !== undefined) drop(entry);
    },
    close(): void {
      clearTimeout(timer);
      timer = undefined;
      for (const entry of [...held.values()]) drop(entry);
    },
  });
}

/**
 * Where directories cannot be held: real paths compared by name. Whoever swaps a directory between the check and the
 * use is not noticed, which is why writing this way has to be allowed in the configuration.
 */
export function createLexicalDirectories(): Directories {
  const verify = (path: string): Directory => {
    checkName(path);
    if (realpathSync.native(path) !== path) {
      throw outsidePermit('the path leads through a symbolic link or was moved');
    }
    return { path, at: (name) => posix.join(path, name) };
  };
  return Object.freeze({
    hold: verify,
    verify,
    make: (path: string) => makeIn(verify, path),
    forget: () => undefined,
    close: () => undefined,
  });
}

function makeIn(
  verify: (path: string) => Directory,
  path: string,
): { directory: Directory; made: number } {
  const missing: string[] = [];
  let existing = path;
  let directory: Directory | undefined;
  while (directory === undefined) {
    try {
      directory = verify(existing);
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT' || existing === '/') throw error;
      missing.push(posix.basename(existing));
      existing = posix.dirname(existing);
    }
  }
  let made = 0;
  try {
    for (const name of missing.reverse()) {
      made += makeOne(directory.at(name));
      directory = verify(posix.join(directory.path, name));
    }
  } catch (error) {
    throw fsFailure(error, made > 0 ? 'possible' : 'none');
  }
  return { directory, made };
}

function makeOne(path: string): number {
  try {
    mkdirSync(path);
    return 1;
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return 0;
    throw error;
  }
}

/** The directory and the name in it; the root has no name. */
export function splitPath(path: string): { readonly parent: string; readonly name: string } {
  const slash = path.lastIndexOf('/');
  const name = path.slice(slash + 1);
  if (slash < 0 || name === '' || name === '.' || name === '..') {
    throw refused('this is not the canonical path of a file');
  }
  return { parent: slash === 0 ? '/' : path.slice(0, slash), name };
}
