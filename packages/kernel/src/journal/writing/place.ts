/** Files that stand whole or not at all: written beside, synced, and renamed into place, in a directory whose names survive power loss. */
import { closeSync, constants, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { UNFINISHED } from '../format/format.ts';

const BESIDE =
  constants.O_CREAT | constants.O_TRUNC | constants.O_WRONLY | (constants.O_NOFOLLOW ?? 0);

export interface WholeFile {
  readonly path: string;
  readonly text: string;
}

/** Writes a file beside, syncs it, and renames it into place; where that fails, nothing is left beside. */
export function writeWhole(path: string, text: string | Uint8Array): void {
  closeSync(placeWhole(path, text));
}

/** The same, and the file stays open: whoever goes on in it needs no other descriptor. */
export function placeWhole(path: string, text: string | Uint8Array): number {
  const temporary = path + UNFINISHED;
  return inDirectory(dirname(path), (sync) => {
    const fd = openSync(temporary, BESIDE, 0o600);
    try {
      const bytes = Buffer.from(text);
      for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done);
      fsyncSync(fd);
      renameSync(temporary, path);
      sync();
      return fd;
    } catch (error) {
      closeSync(fd);
      rmSync(temporary, { force: true });
      throw error;
    }
  });
}

/** The same while the process goes on with other things. */
export async function writeWholeLater({ path, text }: WholeFile): Promise<void> {
  const temporary = path + UNFINISHED;
  const directory = process.platform === 'win32' ? undefined : await open(dirname(path), 'r');
  try {
    await fillBeside(temporary, text);
    await rename(temporary, path);
    await directory?.sync();
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  } finally {
    await directory?.close();
  }
}

async function fillBeside(temporary: string, text: string): Promise<void> {
  const file: FileHandle = await open(temporary, BESIDE, 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

/**
 * Runs `work` with what makes the names in the directory survive power loss, where the platform can. The directory is opened first: where no
 * descriptor is left, nothing has been done yet.
 */
export function inDirectory<T>(dir: string, work: (sync: () => void) => T): T {
  if (process.platform === 'win32') return work(() => {});
  const fd = openSync(dir, 'r');
  try {
    return work(() => fsyncSync(fd));
  } finally {
    closeSync(fd);
  }
}
