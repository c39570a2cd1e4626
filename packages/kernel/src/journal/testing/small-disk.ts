/** File systems so small that a test fills them. */
import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const MOUNT = '/bin/mount';
const UNMOUNT = '/bin/umount';

/** One of this many MiB, or undefined where none may be mounted. */
export function mountSmall(mib: number): string | undefined {
  const path = mkdtempSync(join(tmpdir(), 'portcullis-full-'));
  const mounted = spawnSync(MOUNT, ['-t', 'tmpfs', '-o', `size=${mib}m,mode=0700`, 'tmpfs', path]);
  if (mounted.status === 0) return path;
  rmSync(path, { recursive: true });
  return undefined;
}

export function unmount(path: string): void {
  spawnSync(UNMOUNT, ['-l', path]);
  rmSync(path, { recursive: true, force: true });
}

/** Takes all the room there is; answers how to give it back. */
export function fill(root: string): () => void {
  const path = join(root, 'filler');
  const fd = openSync(path, 'a');
  for (const size of [1 << 16, 1 << 12, 1]) {
    const block = Buffer.alloc(size, 1);
    try {
      for (;;) writeSync(fd, block);
    } catch {
      // full for blocks of this size
    }
  }
  closeSync(fd);
  return () => rmSync(path);
}
