/** Where things lie by default on this machine. */
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

/** XDG base directories; a relative value is ignored, as the specification asks. */
const base = (value: string | undefined, ...fallback: string[]): string =>
  value?.startsWith('/') ? value : join(homedir(), ...fallback);

export function defaultDataDir(env: Environment): string {
  if (process.platform === 'win32') {
    return join(env.LOCALAPPDATA || join(homedir(), 'AppData', 'Local'), 'portcullis');
  }
  if (process.platform === 'darwin') {
    return join(homedir(), 'Library', 'Application Support', 'portcullis');
  }
  return join(base(env.XDG_STATE_HOME, '.local', 'state'), 'portcullis');
}

const userConfigFile = (env: Environment): string =>
  join(base(env.XDG_CONFIG_HOME, '.config'), 'portcullis', 'portcullis.yaml');

/** The file that is named, else the one in the working directory, else the user's own; undefined where none is there. */
export function findConfigFile(named: string | undefined, env: Environment): string | undefined {
  const asked = named ?? env.PORTCULLIS_CONFIG;
  if (asked !== undefined && asked !== '') return resolve(asked);
  return [resolve('portcullis.yaml'), userConfigFile(env)].find((path) => existsSync(path));
}
