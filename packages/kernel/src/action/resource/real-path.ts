/**
 * Resolves links, one system call where it can. Remembers what paths resolved to, and trusts a memory only while the path still leads
 * to the same inode and for a second at most: a directory that was renamed and linked to from its old name is the same inode elsewhere.
 * See fs.ts for why a stale answer is a failure and never a way around.
 */
import { lstatSync, readlinkSync, realpathSync, type Stats, statSync } from 'node:fs';

/** Linux's limit on links in one path. */
const MOST_LINKS = 40;

interface Known {
  readonly real: string;
  readonly dev: number;
  readonly ino: number;
  /** Milliseconds of the monotonic clock. */
  readonly until: number;
}

const MEMORY = 1_000;

const KNOWN_PATHS = 1_024;
/** Longer paths are resolved anew: the memory stays below a megabyte. */
const LONGEST_KNOWN = 512;
const known = new Map<string, Known>();

/** `path`: absolute, without empty, `.` and `..` parts. The part that does not exist stays as it is. undefined: a loop of links. */
export function realPath(path: string): string | undefined {
  const found = entry(path);
  if (found?.isSymbolicLink()) return resolve(path);
  const before = known.get(path);
  if (before !== undefined && found !== undefined && same(before, found)) return before.real;
  const slash = path.lastIndexOf('/');
  const parent = directory(path.slice(0, slash));
  if (parent === undefined) return undefined;
  const real = trueCase(`${parent}${path.slice(slash)}`);
  remember(path, real, found);
  return real;
}

/** A real directory, not a link to one. */
export const isDirectory = (path: string): boolean => entry(path)?.isDirectory() === true;

const same = (before: Known, now: Stats): boolean =>
  before.ino === now.ino && before.dev === now.dev && before.until > performance.now();

/** What a directory resolves to, without a slash at the end: from memory, if it is still the directory that it was. */
function directory(path: string): string | undefined {
  if (path === '') return '';
  const before = known.get(path);
  if (before !== undefined) {
    const now = target(path);
    if (now !== undefined && same(before, now)) return before.real;
  }
  const walked = walk(path);
  if (walked === undefined) return undefined;
  const real = trueCase(walked.real);
  remember(path, real, walked.found);
  return real === '/' ? '' : real;
}

function remember(path: string, real: string, found: Stats | undefined): void {
  if (found === undefined || path.length > LONGEST_KNOWN || real === '/') return;
  if (known.size >= KNOWN_PATHS) known.clear();
  known.set(path, { real, dev: found.dev, ino: found.ino, until: performance.now() + MEMORY });
}

function resolve(path: string): string | undefined {
  const walked = walk(path);
  return walked === undefined ? undefined : trueCase(walked.real);
}

interface Walked {
  readonly real: string;
  /** What stands there; undefined where nothing does, or where the last step was upwards. */
  readonly found: Stats | undefined;
}

/** Component by component from the root, as the kernel does it. */
function walk(path: string): Walked | undefined {
  const rest = path.split('/').reverse();
  let real = '';
  let last: Stats | undefined;
  let links = 0;
  for (;;) {
    const part = rest.pop();
    if (part === undefined) return { real: real === '' ? '/' : real, found: last };
    if (part === '' || part === '.') continue;
    if (part === '..') {
      real = real.slice(0, Math.max(0, real.lastIndexOf('/')));
      last = undefined;
      continue;
    }
    const next = `${real}/${part}`;
    const found = entry(next);
    // Missing, or not to be looked at: nobody can open it now, and should that change, the provider looks again.
    if (found === undefined) {
      const missing = tail(next, rest);
      return missing === undefined ? undefined : { real: missing, found };
    }
    if (!found.isSymbolicLink()) {
      real = next;
      last = found;
      continue;
    }
    if (++links > MOST_LINKS) return undefined;
    const text = link(next);
    if (text === undefined) return undefined;
    if (text.startsWith('/')) real = '';
    for (const step of text.split('/').reverse()) rest.push(step);
  }
}

/** The rest behind a part that does not exist. A link may bring `..` here: it leads nowhere, and is refused like a loop. */
function tail(missing: string, rest: string[]): string | undefined {
  let path = missing;
  for (const part of rest.reverse()) {
    if (part === '..') return undefined;
    if (part !== '' && part !== '.') path += `/${part}`;
  }
  return path;
}

function entry(path: string): Stats | undefined {
  try {
    return lstatSync(path, QUIET);
  } catch {
    return undefined;
  }
}

function target(path: string): Stats | undefined {
  try {
    return statSync(path, QUIET);
  } catch {
    return undefined;
  }
}

/** undefined where the link cannot be read, or where its bytes are not UTF-8 and so cannot be named here. */
function link(path: string): string | undefined {
  try {
    const text = readlinkSync(path);
    return text.includes('\uFFFD') ? undefined : text;
  } catch {
    return undefined;
  }
}

/** Where names are compared without case, the one that is on the disk. */
function trueCase(path: string): string {
  if (process.platform !== 'darwin') return path;
  for (let end = path.length; end > 0; end = path.lastIndexOf('/', end - 1)) {
    try {
      return realpathSync.native(path.slice(0, end)) + path.slice(end);
    } catch {
      // Does not exist: its directory may.
    }
  }
  return path;
}

const QUIET = Object.freeze({ throwIfNoEntry: false as const });
