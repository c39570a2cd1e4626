/**
 * `fs.write` and `fs.append`. A write makes a new file in the held directory and renames it into place, so that
 * readers see the old content or the new and a failure leaves the old. Mode is kept; set-id bits are not, as with write(2).
 */
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  lstatSync,
  openSync,
  renameSync,
  type Stats,
  unlinkSync,
  writeSync,
} from 'node:fs';
import type { Json, JsonObject } from '@portcullis/wire';
import { choiceParam, flagParam, textParam } from '../params.ts';
import { ProviderError } from '../types.ts';
import { type Directory, splitPath } from './directories.ts';
import { errnoOf, fsFailure, outsidePermit } from './failure.ts';
import { type FsWorld, requireRegular, SAFE } from './file.ts';

type Params = Readonly<JsonObject>;

export interface WriteOptions {
  readonly cap: number;
  /** fsync(2) before the rename, or after the append. */
  readonly sync: boolean;
}

const { O_WRONLY, O_CREAT, O_EXCL, O_APPEND } = constants;
const NEW_MODE = 0o644;

function contentOf(params: Params, cap: number): Buffer {
  const text = textParam(params, 'content');
  if (text === undefined)
    throw new ProviderError('invalid_params', 'the parameter content is missing');
  const encoding = choiceParam(params, 'encoding', ['utf8', 'base64'] as const) ?? 'utf8';
  const bytes = Buffer.from(text, encoding);
  if (encoding === 'base64' && bytes.toString('base64') !== text) {
    throw new ProviderError('invalid_params', 'the content is not canonical base64');
  }
  if (bytes.length > cap) {
    throw new ProviderError(
      'provider_refused',
      `${bytes.length} bytes are more than the ${cap} that one write takes`,
    );
  }
  return bytes;
}

function writeAll(fd: number, bytes: Buffer): void {
  let written = 0;
  while (written < bytes.length) written += writeSync(fd, bytes, written, bytes.length - written);
}

/** Where the target is to be: its directory held and verified, made where that is wanted. */
function prepare(
  world: FsWorld,
  path: string,
  params: Params,
): { directory: Directory; name: string; made: number } {
  world.reach.path(path);
  const { parent, name } = splitPath(path);
  if (flagParam(params, 'parents', true)) {
    const { directory, made } = world.directories.make(parent);
    return { directory, name, made };
  }
  return { directory: world.directories.verify(parent), name, made: 0 };
}

const exists = (): ProviderError =>
  new ProviderError('provider_refused', 'it exists already; overwrite is false');

export function writeFile(
  world: FsWorld,
  path: string,
  params: Params,
  options: WriteOptions,
): Json {
  const bytes = contentOf(params, options.cap);
  const overwrite = flagParam(params, 'overwrite', true);
  const { directory, name, made } = prepare(world, path, params);
  try {
    const old = lstatSync(directory.at(name), { throwIfNoEntry: false });
    if (old !== undefined) {
      if (!overwrite) throw exists();
      requireRegular(old, world.reach);
    }
    replace(world, directory, name, bytes, old, options.sync);
    return { bytes: bytes.length, created: old === undefined };
  } catch (error) {
    throw fsFailure(error, made > 0 ? 'possible' : 'none');
  }
}

function replace(
  world: FsWorld,
  directory: Directory,
  name: string,
  bytes: Buffer,
  old: Stats | undefined,
  sync: boolean,
): void {
  const draft = directory.at(`.portcullis-${randomBytes(12).toString('hex')}.tmp`);
  const fd = openSync(
    draft,
    O_WRONLY | O_CREAT | O_EXCL | SAFE,
    old === undefined ? NEW_MODE : 0o600,
  );
  try {
    try {
      writeAll(fd, bytes);
      if (old !== undefined) keepOwnership(fd, old);
      if (sync) fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    // The directory is still where the permit says: the last look before the world changes.
    world.directories.verify(directory.path);
    renameSync(draft, directory.at(name));
  } catch (error) {
    try {
      unlinkSync(draft);
    } catch {
      // A file of our own name, never the target, is left behind.
    }
    throw error;
  }
}

function keepOwnership(fd: number, old: Stats): void {
  const mine = fstatSync(fd);
  if (mine.uid !== old.uid || mine.gid !== old.gid) fchownSync(fd, old.uid, old.gid);
  fchmodSync(fd, old.mode & 0o777);
}

/** Bytes may have been appended before a failure: from the first one on, the effect is possible. */
export function appendFile(
  world: FsWorld,
  path: string,
  params: Params,
  options: WriteOptions,
): Json {
  const bytes = contentOf(params, options.cap);
  const { directory, name, made } = prepare(world, path, params);
  let effect: 'none' | 'possible' = made > 0 ? 'possible' : 'none';
  try {
    const { fd, created } = openForAppending(world, directory, name);
    try {
      if (created || bytes.length > 0) effect = 'possible';
      writeAll(fd, bytes);
      if (options.sync) fsyncSync(fd);
      return { bytes: bytes.length, size: fstatSync(fd).size, created };
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    throw fsFailure(error, effect);
  }
}

function openForAppending(
  world: FsWorld,
  directory: Directory,
  name: string,
): { fd: number; created: boolean } {
  const at = directory.at(name);
  const before = lstatSync(at, { throwIfNoEntry: false });
  if (before === undefined) {
    return {
      fd: openSync(at, O_WRONLY | O_APPEND | O_CREAT | O_EXCL | SAFE, NEW_MODE),
      created: true,
    };
  }
  requireRegular(before, world.reach);
  let fd: number;
  try {
    fd = openSync(at, O_WRONLY | O_APPEND | SAFE);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT')
      throw outsidePermit('the file went away while it was being opened');
    throw error;
  }
  try {
    const stats = fstatSync(fd);
    if (stats.ino !== before.ino || stats.dev !== before.dev) {
      throw outsidePermit('the file changed while it was being opened');
    }
    requireRegular(stats, world.reach);
    return { fd, created: false };
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}
