/**
 * Keys on disk: made on first use, 0600, whole or not at all, and refused where anybody else could read them or
 * have put them there.
 */

import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { makeDir } from '../store/make-dir.ts';
import { generateSigningKey, type SigningKey, signingKeyFromPem } from './ed25519.ts';

const MAX_KEY_FILE = 16 * 1024;

/** The Ed25519 key in this file, PKCS#8 PEM. Throws an Error that names the file where it is not to be trusted. */
export function loadOrCreateSigningKey(path: string): SigningKey {
  const pem = loadOrCreate(path, () =>
    Buffer.from(generateSigningKey().privateKey.export({ format: 'pem', type: 'pkcs8' }) as string),
  );
  try {
    return signingKeyFromPem(pem.toString('latin1'));
  } catch (error) {
    throw new Error(`${path} holds no Ed25519 private key`, { cause: error });
  }
}

/** 32 random bytes in this file, as 64 hexadecimal digits and a line break: vault key, salt. */
export function loadOrCreateSecret(path: string): Buffer {
  const text = loadOrCreate(path, () => Buffer.from(`${randomBytes(32).toString('hex')}\n`));
  if (!/^[0-9a-f]{64}\n$/.test(text.toString('latin1'))) {
    throw new Error(`${path} holds no 32-byte secret`);
  }
  return Buffer.from(text.toString('latin1', 0, 64), 'hex');
}

function loadOrCreate(path: string, make: () => Buffer): Buffer {
  const found = readPrivate(path);
  if (found !== undefined) return found;
  makeDir(dirname(path), 0o700);
  const temporary = `${path}.${randomBytes(8).toString('hex')}.new`;
  const flags = constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY;
  const fd = openSync(temporary, flags, 0o600);
  try {
    writeFileSync(fd, make());
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  try {
    // A link fails where the name is taken: of two processes at their first start, one key wins.
    linkSync(temporary, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(temporary);
  }
  const written = readPrivate(path);
  if (written === undefined) throw new Error(`${path} vanished while it was made`);
  return written;
}

/** undefined where there is no such file. */
function readPrivate(path: string): Buffer | undefined {
  let fd: number;
  try {
    fd = openSync(
      path,
      constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0),
    );
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new Error(`${path} cannot be read as a key`, { cause: error });
  }
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile()) throw new Error(`${path} is not a regular file`);
    if (stat.size > MAX_KEY_FILE) throw new Error(`${path} is too large for a key`);
    const uid = process.geteuid?.();
    if (uid !== undefined) {
      if (stat.uid !== uid) throw new Error(`${path} belongs to another user`);
      if ((stat.mode & 0o077) !== 0) {
        throw new Error(`${path} can be read by others: chmod 600 it, or make a new key`);
      }
    }
    return readFileSync(fd);
  } finally {
    closeSync(fd);
  }
}
