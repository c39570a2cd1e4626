/** `fs.read`, `fs.list`, `fs.stat`: what changes nothing. */
import { isUtf8 } from 'node:buffer';
import { closeSync, lstatSync, opendirSync, readSync, type Stats } from 'node:fs';
import type { Json, JsonObject } from '@portcullis/wire';
import { choiceParam, countParam } from '../params.ts';
import { ProviderError } from '../types.ts';
import { splitPath } from './directories.ts';
import { outsidePermit, refused } from './failure.ts';
import { type FsWorld, openForReading } from './file.ts';

type Params = Readonly<JsonObject>;

export function readFile(
  world: FsWorld,
  path: string,
  params: Params,
  cap: number,
): Json | Uint8Array {
  const offset = countParam(params, 'offset', 0, Number.MAX_SAFE_INTEGER) ?? 0;
  const length = countParam(params, 'length', 0, Number.MAX_SAFE_INTEGER);
  const encoding = choiceParam(params, 'encoding', ['utf8', 'base64'] as const);
  const { fd, stats } = openForReading(world, path);
  let bytes: Buffer;
  try {
    const wanted = Math.min(Math.max(0, stats.size - offset), length ?? Number.MAX_SAFE_INTEGER);
    if (wanted > cap) {
      throw new ProviderError(
        'output_too_large',
        `${wanted} bytes are more than the ${cap} that one read gives; use offset and length`,
      );
    }
    bytes = Buffer.allocUnsafe(wanted);
    let filled = 0;
    while (filled < wanted) {
      const got = readSync(fd, bytes, filled, wanted - filled, offset + filled);
      if (got === 0) break;
      filled += got;
    }
    if (filled < wanted) bytes = bytes.subarray(0, filled);
  } finally {
    closeSync(fd);
  }
  if (encoding === 'base64') return bytes.toString('base64');
  if (encoding === 'utf8' && !isUtf8(bytes)) {
    throw new ProviderError('provider_error', 'these bytes are not UTF-8; read them as base64');
  }
  return bytes;
}

/** Bytes of one piece; a file that has no more is no stream. */
const PIECE = 65_536;

/**
 * As `readFile`, in pieces, and so without a cap; undefined where one piece is all, or where all of it has to be looked at first. The file stays the
 * one that was opened, whatever happens to its name. Answers whether something was left, because nobody wants more.
 */
export function filePieces(
  world: FsWorld,
  path: string,
  params: Params,
  wanted: () => boolean,
): Generator<Buffer, boolean> | undefined {
  const offset = countParam(params, 'offset', 0, Number.MAX_SAFE_INTEGER) ?? 0;
  const length = countParam(params, 'length', 0, Number.MAX_SAFE_INTEGER);
  if (params.encoding !== undefined) return undefined;
  const { fd, stats } = openForReading(world, path);
  const end = Math.min(stats.size, offset + (length ?? Number.MAX_SAFE_INTEGER));
  if (end - offset > PIECE) return pieces(fd, offset, end, wanted);
  closeSync(fd);
  return undefined;
}

function* pieces(
  fd: number,
  offset: number,
  end: number,
  wanted: () => boolean,
): Generator<Buffer, boolean> {
  try {
    for (let at = offset; at < end; ) {
      if (!wanted()) return true;
      const piece = Buffer.allocUnsafe(Math.min(PIECE, end - at));
      const got = readSync(fd, piece, 0, piece.length, at);
      if (got === 0) break;
      at += got;
      yield piece.subarray(0, got);
    }
    return false;
  } finally {
    closeSync(fd);
  }
}

const typeOf = (entry: Pick<Stats, 'isFile' | 'isDirectory' | 'isSymbolicLink'>): string =>
  entry.isFile()
    ? 'file'
    : entry.isDirectory()
      ? 'directory'
      : entry.isSymbolicLink()
        ? 'link'
        : 'other';

/** Entries beyond the limit are not even read: which ones those are, the file system decides. */
export function listDirectory(world: FsWorld, path: string, params: Params, cap: number): Json {
  const limit = Math.min(countParam(params, 'limit', 1, Number.MAX_SAFE_INTEGER) ?? cap, cap);
  world.reach.path(path);
  const directory = world.directories.verify(path);
  const handle = opendirSync(directory.at('.'), { bufferSize: 256 });
  const entries: { name: string; type: string }[] = [];
  let truncated = false;
  try {
    for (let entry = handle.readSync(); entry !== null; entry = handle.readSync()) {
      if (entries.length === limit) {
        truncated = true;
        break;
      }
      entries.push({ name: entry.name, type: typeOf(entry) });
    }
  } finally {
    handle.closeSync();
  }
  entries.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  return { entries, truncated };
}

export function statFile(world: FsWorld, path: string): Json {
  world.reach.path(path);
  const stats = statVerified(world, path);
  if (stats.isSymbolicLink())
    throw outsidePermit('a symbolic link stands where a file was permitted');
  if (!stats.isFile() && !stats.isDirectory()) throw refused('this is not a file or directory');
  world.reach.inode(stats);
  return {
    type: typeOf(stats),
    size: stats.size,
    mode: (stats.mode & 0o7777).toString(8).padStart(4, '0'),
    modified: new Date(stats.mtimeMs).toISOString(),
    links: stats.nlink,
  };
}

function statVerified(world: FsWorld, path: string): Stats {
  if (path === '/') return lstatSync(world.directories.verify('/').at('.'));
  const { parent, name } = splitPath(path);
  return lstatSync(world.directories.verify(parent).at(name));
}
