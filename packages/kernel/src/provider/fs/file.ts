/** Opens regular files at exactly the permitted path, and nothing else: no link, pipe, device, or second name of a file. */
import { closeSync, constants, fstatSync, lstatSync, openSync, type Stats } from 'node:fs';
import { type Directories, splitPath } from './directories.ts';
import { errnoOf, outsidePermit, refused } from './failure.ts';
import type { Reach } from './reach.ts';

const { O_RDONLY } = constants;
/** O_NONBLOCK: a pipe that slips in never blocks. O_NOCTTY: a terminal never becomes ours. */
export const SAFE =
  (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0) | (constants.O_NOCTTY ?? 0);

/** A file that is replaced over and over is given up after this many looks. */
const ATTEMPTS = 5;

export interface OpenFile {
  readonly fd: number;
  readonly stats: Stats;
}

export interface FsWorld {
  readonly directories: Directories;
  readonly reach: Reach;
}

export function requireRegular(stats: Stats, reach: Reach): void {
  if (stats.isSymbolicLink())
    throw outsidePermit('a symbolic link stands where a file was permitted');
  if (stats.isDirectory()) throw refused('this is a directory');
  if (!stats.isFile()) throw refused('this is not a regular file');
  if (stats.nlink !== 1) throw refused('this file has other names (hard links), or none');
  reach.inode(stats);
}

/**
 * The file at `path`, open for reading; the caller closes. What lies there is looked at first, so that no pipe or device
 * is ever opened; then the name is opened in its held directory. The inode opened has one link, and it is in that
 * directory; the path led to the same inode: so this is the file of that path.
 */
export function openForReading(world: FsWorld, path: string): OpenFile {
  world.reach.path(path);
  const { parent, name } = splitPath(path);
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const before = lstatSync(path);
    requireRegular(before, world.reach);
    const directories = world.directories;
    const directory = attempt === 1 ? directories.hold(parent) : directories.verify(parent);
    const fd = openHere(directory.at(name));
    if (fd === undefined) continue;
    try {
      const stats = fstatSync(fd);
      if (stats.ino === before.ino && stats.dev === before.dev && stats.nlink > 0) {
        requireRegular(stats, world.reach);
        return { fd, stats };
      }
    } catch (error) {
      closeSync(fd);
      throw error;
    }
    closeSync(fd);
  }
  throw outsidePermit('the file changed while it was being opened');
}

/** undefined where the name is gone: it was being replaced, or its directory was. */
function openHere(path: string): number | undefined {
  try {
    return openSync(path, O_RDONLY | SAFE);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
