/**
 * What a program put where nothing of its may be: a configuration that would be found at the next start, a hook that somebody else would run. There
 * was nothing to mask before it ran, so it is renamed beside its place when it ends. Nothing is deleted: it may be somebody else's after all.
 */
import { randomBytes } from 'node:crypto';
import { closeSync, lstatSync, renameSync } from 'node:fs';
import { posix } from 'node:path';
import { openVerified } from '../fs/directories.ts';

/** `vacant`: paths at which nothing was. */
export function setAside(vacant: readonly string[]): void {
  for (const path of vacant) rename(path);
}

function rename(path: string): void {
  for (let at = path; at !== posix.dirname(at); at = posix.dirname(at)) {
    if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return;
    try {
      renameIn(posix.dirname(at), posix.basename(at));
      return;
    } catch {
      // Its directory is not where its name says: the link that leads there goes instead. It led nowhere before.
    }
  }
}

/** In the directory itself, wherever its name leads by the time of the rename. */
function renameIn(directory: string, name: string): void {
  const fd = openVerified(directory);
  try {
    const here = `/proc/self/fd/${fd}/`;
    renameSync(here + name, `${here}${name}.refused-${randomBytes(4).toString('hex')}`);
  } finally {
    closeSync(fd);
  }
}
