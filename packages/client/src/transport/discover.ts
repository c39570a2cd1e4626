/**
 * Where the sidecar is and which key to bring: what the caller says, else the environment, else the data directory.
 * A key read from the data directory goes to this machine only, and no key goes over a network in the clear.
 */
import { unavailable } from '../errors.ts';
import type { Target } from './transport.ts';

export interface Where {
  readonly url?: string | undefined;
  readonly socketPath?: string | undefined;
  readonly apiKey?: string | undefined;
}

const DEFAULT_URL = 'http://127.0.0.1:8787';

export async function discover(where: Where): Promise<Omit<Target, 'maxBytes'>> {
  const env = environment();
  const named = where.socketPath ?? where.url ?? env.PORTCULLIS_URL;
  const apiKey = where.apiKey ?? env.PORTCULLIS_API_KEY;
  if (named === undefined || named === '') return await nearest(env, apiKey);
  const target = where.socketPath === undefined ? parseUrl(named) : socket(named);
  const local = target.socketPath !== undefined || isLoopback(target.url.hostname);
  if (!local && target.url.protocol === 'http:')
    throw new TypeError(`${target.url.host} is another machine: use https`);
  return withKey(target, apiKey ?? (local ? await keyOf(await dataDir(env)) : undefined));
}

/**
 * The socket in the data directory. The default address only with a key of its own, or where there are no sockets: the directory's
 * key is for its sidecar, and anybody on this machine may hold a port while that is down.
 */
async function nearest(env: Env, apiKey: string | undefined): Promise<Omit<Target, 'maxBytes'>> {
  const dir = await dataDir(env);
  const path = dir === undefined ? undefined : `${dir}/portcullis.sock`;
  if (path !== undefined && (await isSocket(path)))
    return withKey(socket(path), apiKey ?? (await keyOf(dir)));
  if (apiKey === undefined && path !== undefined && process.platform !== 'win32')
    throw unavailable(
      `no sidecar has its socket at ${path}: start one, or name it by url`,
      'later',
    );
  return withKey(parseUrl(DEFAULT_URL), apiKey ?? (await keyOf(dir)));
}

function parseUrl(text: string): { url: URL; socketPath: string | undefined } {
  if (text.startsWith('unix:')) return socket(text.slice(5).replace(/^\/\/(?=\/)/, ''));
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:')
    throw new TypeError(`not an http, https or unix URL: ${text.slice(0, 200)}`);
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '')
    throw new TypeError('the URL may hold scheme, host, port and path only');
  return { url, socketPath: undefined };
}

const socket = (path: string) => ({ url: new URL('http://localhost'), socketPath: path });

function withKey(target: { url: URL; socketPath: string | undefined }, key: string | undefined) {
  const apiKey = key === '' ? undefined : key;
  if (apiKey !== undefined && !/^[\x21-\x7e]{1,1024}$/.test(apiKey))
    throw new TypeError('the API key has a character that no key has');
  return { ...target, apiKey };
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(host);
}

type Env = Readonly<Record<string, string | undefined>>;

function environment(): Env {
  return typeof process === 'undefined' ? {} : (process.env ?? {});
}

/** The user's state directory, as the sidecar chooses it; undefined where there is no file system. */
async function dataDir(env: Env): Promise<string | undefined> {
  if (typeof process === 'undefined' || process.versions?.node === undefined) return undefined;
  const set = env.PORTCULLIS_DATA_DIR;
  if (set) return set;
  const { homedir } = await import('node:os');
  const { join } = await import('node:path');
  const home = homedir();
  if (process.platform === 'win32')
    return join(env.LOCALAPPDATA ?? join(home, 'AppData', 'Local'), 'portcullis');
  if (process.platform === 'darwin')
    return join(home, 'Library', 'Application Support', 'portcullis');
  return join(env.XDG_STATE_HOME || join(home, '.local', 'state'), 'portcullis');
}

async function keyOf(dir: string | undefined): Promise<string | undefined> {
  if (dir === undefined) return undefined;
  const { readFile } = await import('node:fs/promises');
  try {
    return (await readFile(`${dir}/api-key`, 'utf8')).trim();
  } catch {
    return undefined;
  }
}

async function isSocket(path: string): Promise<boolean> {
  if (process.platform === 'win32') return false;
  const { stat } = await import('node:fs/promises');
  return await stat(path).then(
    (found) => found.isSocket(),
    () => false,
  );
}
