/**
 * Opens and reads regular files only. Whoever puts a pipe or a device in the place of one must neither hold up the process that reads it, nor feed
 * it without end.
 */
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';

/** A descriptor for reading; the caller closes. Throws what opening throws, and `EINVAL` for what is no regular file. */
export function openRegular(path: string): number {
  const flags = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOCTTY ?? 0);
  const fd = openSync(path, flags);
  try {
    if (fstatSync(fd).isFile()) return fd;
  } catch (error) {
    closeSync(fd);
    throw error;
  }
  closeSync(fd);
  throw failure('EINVAL', `${path} is not a regular file`);
}

/** The text of a file of at most so many bytes; `EFBIG` for a larger one. */
export function readRegular(path: string, most: number): string {
  const fd = openRegular(path);
  try {
    if (fstatSync(fd).size > most) throw failure('EFBIG', `${path} has more than ${most} bytes`);
    return readFileSync(fd, 'utf8');
  } finally {
    closeSync(fd);
  }
}

const failure = (code: string, message: string): Error =>
  Object.assign(new Error(message), { code });
