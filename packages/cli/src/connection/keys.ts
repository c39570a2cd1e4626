/** The key that a command presents: the environment's, else the one in the data directory that fits what it does. */
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Settings } from '../config/settings.ts';
import { Fault } from '../exit.ts';
import type { Role } from './types.ts';

const FILES: Readonly<Record<Role, readonly string[]>> = {
  requester: ['api-key'],
  // Reading verbs answer a requester too, with its own view.
  administrator: ['admin-key', 'api-key'],
};

export function readKey(settings: Settings, role: Role): string | undefined {
  if (settings.api_key !== undefined) return settings.api_key;
  for (const name of FILES[role]) {
    const key = readPrivate(join(settings.data_dir ?? '.', name));
    if (key !== undefined) return key;
  }
  return undefined;
}

function readPrivate(path: string): string | undefined {
  let file: number;
  try {
    file = openSync(
      path,
      constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0),
    );
  } catch (error) {
    if (['ENOENT', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? ''))
      return undefined;
    throw new Fault('unauthenticated', `${path} cannot be read: ${(error as Error).message}`);
  }
  try {
    const stat = fstatSync(file);
    if (!stat.isFile() || stat.size > 4096) throw new Fault('unauthenticated', `${path} is no key`);
    if (process.platform !== 'win32' && (stat.mode & 0o077) !== 0) {
      throw new Fault(
        'unauthenticated',
        `${path} can be read by others: chmod 600 it and rotate the key`,
      );
    }
    return readFileSync(file, 'utf8').trim();
  } finally {
    closeSync(file);
  }
}
