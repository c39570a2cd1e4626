/** The environment and the working directory that a program gets. */
import { closeSync, fstatSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { canHold, checkName, openVerified } from '../fs/directories.ts';
import { refused } from '../fs/failure.ts';
import { ProviderError } from '../types.ts';
import type { Settings } from './settings.ts';

/** Names that params may set where the configuration says nothing: none of them makes a program run or load another. */
export const DEFAULT_ENV: readonly string[] = [
  'LANG',
  'LANGUAGE',
  'LC_ALL',
  'LC_CTYPE',
  'LC_COLLATE',
  'LC_MESSAGES',
  'LC_NUMERIC',
  'LC_TIME',
  'TZ',
  'TERM',
  'COLUMNS',
  'LINES',
  'NO_COLOR',
  'FORCE_COLOR',
  'CI',
];

/** Made, not inherited. */
export function environment(
  given: readonly [string, string][],
  settings: Settings,
): Record<string, string> {
  const inside = settings.sandbox !== undefined;
  const env: Record<string, string> = {
    PATH: settings.searchPath.join(':'),
    LANG: 'C.UTF-8',
    HOME: inside ? '/tmp' : '/nonexistent',
    TMPDIR: inside ? '/tmp' : tmpdir(),
  };
  for (const [name, value] of given) {
    if (!settings.allowEnv.has(name))
      throw refused('the configuration does not let params set this variable');
    if (value.includes('\0')) throw new ProviderError('invalid_params', 'a variable holds no NUL');
    env[name] = value;
  }
  return env;
}

export interface WorkingDirectory {
  readonly path: string;
  readonly fd: number | undefined;
}

/** In the sandbox it must be something that is shown; a start directory that is not shown gives way to /tmp, by default only. */
export function holdWorkingDirectory(
  asked: string | undefined,
  settings: Settings,
): WorkingDirectory {
  const { sandbox, reach, startDir } = settings;
  if (
    sandbox !== undefined &&
    (asked ?? startDir) !== '/tmp' &&
    !sandbox.shows(asked ?? startDir)
  ) {
    if (asked === undefined) return { path: '/tmp', fd: undefined };
    throw refused('the sandbox does not show this working directory');
  }
  const path = asked ?? startDir;
  if (sandbox !== undefined && path === '/tmp') return { path, fd: undefined };
  reach.path(path);
  checkName(path);
  if (!canHold()) {
    if (!statSync(path).isDirectory()) throw refused('the working directory is not a directory');
    return { path, fd: undefined };
  }
  const fd = openVerified(path);
  try {
    const stats = fstatSync(fd);
    if (!stats.isDirectory()) throw refused('the working directory is not a directory');
    reach.inode(stats);
  } catch (error) {
    closeSync(fd);
    throw error;
  }
  return { path, fd };
}
