/**
 * What no fs action reaches, whatever the policy says: the kernel's own files (data dir, policy files, keys), by path,
 * by inode and under every bind mount that showed at start, and the kernel interfaces of the system.
 */
import { lstatSync, realpathSync, type Stats } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { refused } from './failure.ts';
import { aliasesOf, isWithin, kernelDevices, readMounts } from './mounts.ts';

export interface Reach {
  /** Ours, under every name they show. */
  readonly own: readonly string[];
  /** Throws where the path is one of ours, below one, or an interface of the kernel. */
  path(path: string): void;
  /** The same, and where one of ours lies below: what a move or delete of a directory would carry along. */
  tree(path: string): void;
  /** Throws where the inode is one of ours or lies on a kernel interface. */
  inode(stats: Stats): void;
}

const KERNEL_PATHS = ['/proc', '/sys', '/dev'] as const;

/** The real path, of the deepest part that exists. */
export function realPath(path: string): string {
  const absolute = resolve(path);
  try {
    return realpathSync.native(absolute);
  } catch {
    const parent = dirname(absolute);
    return parent === absolute ? absolute : join(realPath(parent), absolute.slice(parent.length));
  }
}

export function createReach(outOfReach: readonly string[]): Reach {
  const mounts = readMounts();
  const devices = kernelDevices(mounts);
  const ours = new Set<string>();
  const inodes = new Map<number, Set<number>>();
  for (const given of outOfReach) {
    const path = realPath(given);
    ours.add(path);
    for (const alias of aliasesOf(path, mounts)) ours.add(alias);
    const stats = lstatSync(path, { throwIfNoEntry: false });
    if (stats === undefined) continue;
    const onDevice = inodes.get(stats.ino) ?? new Set();
    inodes.set(stats.ino, onDevice.add(stats.dev));
  }
  const paths = [...ours];

  const checkPath = (path: string): void => {
    for (const own of paths) {
      if (isWithin(path, own)) throw refused('this belongs to Portcullis and is out of reach');
    }
    for (const own of KERNEL_PATHS) {
      if (isWithin(path, own)) throw refused('this is an interface of the operating system');
    }
  };

  return Object.freeze({
    own: Object.freeze(paths),
    path: checkPath,
    tree(path: string): void {
      checkPath(path);
      for (const own of [...paths, ...KERNEL_PATHS]) {
        if (isWithin(own, path)) throw refused('this directory holds what is out of reach');
      }
    },
    inode(stats: Stats): void {
      if (devices.has(stats.dev)) throw refused('this is an interface of the operating system');
      if (inodes.get(stats.ino)?.has(stats.dev) === true) {
        throw refused('this belongs to Portcullis and is out of reach');
      }
    },
  });
}
