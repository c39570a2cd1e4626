/**
 * A kernel for one command: the sidecar of the data directory, one started for this command where none answers, or with
 * `--local` a kernel in this process. Keys of a data directory go over its own socket only, never to whoever holds a port.
 */
import { connect } from '@portcullis/client';
import type { Kernel } from '@portcullis/wire';
import type { Configuration } from '../config/effective.ts';
import { type Context, has } from '../context.ts';
import { Fault, UsageError } from '../exit.ts';
import { readKey } from './keys.ts';
import type { Private } from './private-sidecar.ts';
import type { Connection, Role, SidecarConnection } from './types.ts';

/** Opens, runs, closes: whatever happens, a started sidecar is ended. */
export async function withKernel<T>(
  context: Context,
  role: Role,
  use: (connection: Connection) => Promise<T>,
): Promise<T> {
  if (!has(context.options, 'local')) return withSidecar(context, role, use);
  const configuration = await context.configuration();
  if (configuration.settings.url !== undefined) {
    throw new UsageError('--local and a url exclude each other');
  }
  const { openLocal } = await import('./local.ts');
  return closing(await openLocal(configuration, role, context.terminal.note), use);
}

export async function withSidecar<T>(
  context: Context,
  role: Role,
  use: (connection: SidecarConnection) => Promise<T>,
): Promise<T> {
  const configuration = await context.configuration();
  const { url } = configuration.settings;
  return closing(
    url === undefined
      ? await nearest(context, configuration, role)
      : await remote(configuration, url, role),
    use,
  );
}

async function closing<C extends Connection, T>(
  connection: C,
  use: (connection: C) => Promise<T>,
): Promise<T> {
  try {
    return await use(connection);
  } finally {
    await connection.close();
  }
}

async function remote(
  configuration: Configuration,
  url: string,
  role: Role,
): Promise<SidecarConnection> {
  const { settings } = configuration;
  // A key of this data directory is for this machine.
  const apiKey = here(url) ? readKey(settings, role) : settings.api_key;
  if (apiKey === undefined) {
    throw new UsageError('a url needs its key', ['set PORTCULLIS_API_KEY']);
  }
  return connected(url, apiKey, await reached(url, apiKey), async () => {});
}

/** A url or a key that cannot be one is a mistake in what was typed. */
async function reached(url: string, apiKey: string): Promise<Kernel> {
  try {
    return await connect({ url, apiKey });
  } catch (error) {
    if (error instanceof TypeError) throw new UsageError(error.message);
    throw error;
  }
}

const here = (url: string): boolean =>
  url.startsWith('unix:') ||
  ['localhost', '127.0.0.1', '[::1]'].includes(URL.parse(url)?.hostname ?? '');

/** No less than one that is starting has. */
const PATIENCE_MS = 30_000;

/**
 * The one that answers, else one of our own. Other commands do the same at the same moment: one that is starting will
 * answer soon, one that is ending will soon be out of the way.
 */
async function nearest(
  context: Context,
  configuration: Configuration,
  role: Role,
): Promise<SidecarConnection> {
  const { settings } = configuration;
  const socket = settings['listen.socket'];
  const address = typeof socket === 'string' ? `unix:${socket}` : undefined;
  const until = performance.now() + PATIENCE_MS;
  for (let attempt = 0; attempt === 0 || performance.now() < until; attempt += 1) {
    if (attempt > 0) await new Promise((wake) => setTimeout(wake, 50));
    const running = address === undefined ? undefined : await answering(address, settings, role);
    if (running !== undefined && address !== undefined) {
      return connected(address, running.apiKey, running.kernel, async () => {});
    }
    const { startPrivateSidecar } = await import('./private-sidecar.ts');
    if (attempt === 0) {
      context.terminal.note(
        'portcullis: no sidecar answers, starting one for this command (portcullis serve keeps one running)',
      );
    }
    const started = await startPrivateSidecar(context.options);
    if (started !== 'already_running') return joined(started, settings, role);
  }
  throw new Fault(
    'already_running',
    `another process has ${settings.data_dir} open and does not answer on ${address ?? 'a socket'}: name it with --url`,
  );
}

async function joined(
  started: Private,
  settings: Configuration['settings'],
  role: Role,
): Promise<SidecarConnection> {
  try {
    const apiKey = readKey(settings, role);
    if (apiKey === undefined) throw new Fault('unauthenticated', noKey(settings.data_dir));
    const kernel = await connect({ url: started.address, apiKey });
    return connected(started.address, apiKey, kernel, () => started.end());
  } catch (error) {
    await started.end();
    throw error;
  }
}

async function answering(
  address: string,
  settings: Configuration['settings'],
  role: Role,
): Promise<{ kernel: Kernel; apiKey: string } | undefined> {
  const apiKey = readKey(settings, role);
  if (apiKey === undefined) return undefined;
  try {
    return { kernel: await connect({ url: address, apiKey }), apiKey };
  } catch (error) {
    if ((error as { code?: unknown }).code === 'unavailable') return undefined;
    throw error;
  }
}

const noKey = (dataDir: string | undefined): string =>
  `${dataDir} has no key that can be read: set PORTCULLIS_API_KEY`;

function connected(
  address: string,
  apiKey: string,
  kernel: Kernel,
  end: () => Promise<void>,
): SidecarConnection {
  return {
    kernel,
    async call(method, path, body) {
      const { callRoute } = await import('./route.ts');
      return callRoute(address, apiKey, method, path, body);
    },
    async close() {
      await kernel.close();
      await end();
    },
  };
}
