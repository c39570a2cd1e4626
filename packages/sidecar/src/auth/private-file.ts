/** Files that only their owner may read: written whole or not at all, refused where others could have read or written them. */

import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { makeDir } from '@portcullis/kernel';

/** Foreseen, and for people to put right: it has a code, as what the file system itself refuses. */
export const foreseen = (what: string): Error => Object.assign(new Error(what), { code: 'EPERM' });

/** Makes the directory, 0700, where it is not there. */
export function ensurePrivateDir(path: string): void {
  makeDir(path, 0o700);
}

/** Replaces the file in one step; a crash leaves the old one or the new one. */
export function writePrivateFile(path: string, text: string): void {
  const temporary = `${path}.${randomBytes(6).toString('hex')}`;
  const file = openSync(temporary, 'wx', 0o600);
  try {
    try {
      const bytes = Buffer.from(text);
      for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  syncDir(dirname(path));
}

/** The text, or undefined where there is no such file. Throws where it is no regular file of ours with mode 0600 or less. */
export function readPrivateFile(path: string, maxBytes: number): string | undefined {
  let file: number;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const stat = fstatSync(file);
    if (!stat.isFile()) throw foreseen(`${path} is not a regular file`);
    if (process.platform !== 'win32') {
      if ((stat.mode & 0o077) !== 0) throw foreseen(`${path} can be read by others: chmod 600 it`);
      if (stat.uid !== process.geteuid?.()) throw foreseen(`${path} belongs to somebody else`);
    }
    if (stat.size > maxBytes) throw foreseen(`${path} is larger than ${maxBytes} bytes`);
    return readFileSync(file, 'utf8');
  } finally {
    closeSync(file);
  }
}

function syncDir(path: string): void {
  if (process.platform === 'win32') return;
  const dir = openSync(path, 'r');
  try {
    fsyncSync(dir);
  } finally {
    closeSync(dir);
  }
}
