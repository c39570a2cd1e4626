/**
 * Where the unix socket may lie: a directory that only its owner can enter, and a path that nobody listens on. What a dead
 * process left is cleared away; what a live one holds, or what is no socket, is refused.
 */
import { lstatSync, unlinkSync } from 'node:fs';
import { createConnection } from 'node:net';
import { dirname } from 'node:path';
import { PortcullisError } from '@portcullis/kernel';
import { ensurePrivateDir, foreseen } from '../auth/private-file.ts';

/** sun_path, less the final NUL; macOS has the smaller one. */
const MAX_PATH = process.platform === 'linux' ? 107 : 103;

export async function claimSocketPath(path: string): Promise<void> {
  if (Buffer.byteLength(path) > MAX_PATH) {
    throw foreseen(
      `the socket path is longer than ${MAX_PATH} bytes: choose a shorter one or none`,
    );
  }
  const dir = dirname(path);
  ensurePrivateDir(dir);
  const owned = lstatSync(dir);
  if (!owned.isDirectory()) throw foreseen(`${dir} is not a directory`);
  if ((owned.mode & 0o077) !== 0 || owned.uid !== process.geteuid?.()) {
    throw foreseen(`${dir} must belong to this user and be closed to others: chmod 700 it`);
  }
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isSocket()) throw foreseen(`${path} is there and is not a socket`);
  if (await answers(path)) {
    throw new PortcullisError('already_running', `another process listens on ${path}`);
  }
  unlinkSync(path);
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const probe = createConnection({ path });
    probe.once('connect', () => {
      probe.destroy();
      resolve(true);
    });
    probe.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED' || error.code === 'ENOENT') resolve(false);
      // A full backlog, or one that is not ours to reach: somebody is there.
      else if (error.code === 'EAGAIN' || error.code === 'EACCES') resolve(true);
      else reject(error);
    });
  });
}
