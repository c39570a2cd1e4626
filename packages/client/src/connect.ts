/** The door: finds the sidecar, makes sure that it is one and answers, and gives back a Kernel that speaks to it. */
import type { Kernel } from '@portcullis/wire';
import { status } from './answers/index.ts';
import type { OnApproval } from './approval.ts';
import { PortcullisError } from './errors.ts';
import { type Asking, RemoteKernel } from './kernel.ts';
import { read } from './read.ts';
import { discover } from './transport/discover.ts';
import { type Fetch, fetchTransport } from './transport/fetch.ts';
import { nodeTransport } from './transport/node.ts';
import type { ClientTls, Target, Transport } from './transport/transport.ts';

export interface ConnectOptions {
  /** `http://127.0.0.1:8787`, `https://…`, or `unix:/path`. Default: PORTCULLIS_URL, else the data directory's socket. */
  readonly url?: string;
  readonly socketPath?: string;
  /** Default: PORTCULLIS_API_KEY, else the data directory's `api-key`, which goes to this machine only. */
  readonly apiKey?: string;
  /**
   * Asked about actions that are held and that this key may answer; false, a throw and no answer in time deny. What it
   * threw is thrown by the call.
   */
  readonly onApproval?: OnApproval;
  /** Milliseconds that `onApproval` may take. Default 300,000. */
  readonly approvalTimeout?: number;
  /** Milliseconds for one call, answer included. Default 120,000. */
  readonly timeout?: number;
  /** Bytes of one answer. Default 16 MiB. */
  readonly maxResponseBytes?: number;
  /** Used in place of node:http; not for unix sockets. */
  readonly fetch?: Fetch;
  /** Certificates of your own; with node:http and https alone. */
  readonly tls?: ClientTls;
  /** Closes the client, and what is under way, when it fires. */
  readonly signal?: AbortSignal;
}

/**
 * @throws PortcullisError `unavailable` at once where nobody listens, `unauthenticated` where the key is not known,
 * `bad_response` where it is no Portcullis of wire version 1; TypeError for options that cannot be meant.
 * @example
 * const kernel = await connect();
 * const result = await kernel.submit({ action: 'fs.read', resource: 'notes.txt' });
 */
export async function connect(options: ConnectOptions = {}): Promise<Kernel> {
  const timeout = positive('timeout', options.timeout ?? 120_000, 2 ** 31 - 1);
  const asking = askingOf(options);
  const maxBytes = positive('maxResponseBytes', options.maxResponseBytes ?? 16 << 20, 2 ** 29);
  const target = { ...(await discover(options)), maxBytes, tls: tlsOf(options) };
  const transport = await transportFor(target, options.fetch);
  try {
    options.signal?.throwIfAborted();
    options.signal?.addEventListener('abort', () => transport.close(), { once: true });
    read(
      await transport.send({ method: 'GET', path: '/v1/status', timeout, repeatable: true }),
      status,
    );
  } catch (error) {
    transport.close();
    throw target.apiKey === undefined ? keyless(error) : error;
  }
  return new RemoteKernel(transport, timeout, asking);
}

/** Says where a key was looked for, in an error that came because there was none. */
function keyless(error: unknown): unknown {
  if (!(error instanceof PortcullisError) || error.code !== 'unauthenticated') return error;
  const { code, message, status, retry, retryAfter, problem } = error;
  const why = `${message}: give apiKey, or set PORTCULLIS_API_KEY; the data directory has no api-key for this address`;
  return new PortcullisError(code, why, { status, retry, retryAfter, problem, cause: error });
}

async function transportFor(target: Target, fetch: Fetch | undefined): Promise<Transport> {
  const onNode = typeof process !== 'undefined' && process.versions?.node !== undefined;
  if (target.socketPath !== undefined) {
    if (fetch !== undefined) throw new TypeError('a unix socket takes no fetch');
    if (target.tls !== undefined) throw new TypeError('a unix socket takes no certificates');
    if (!onNode) throw new TypeError('this runtime has no unix sockets: give a url');
    return await nodeTransport(target);
  }
  if (fetch !== undefined) return fetchTransport(target, fetch);
  if (!onNode && target.tls !== undefined)
    throw new TypeError('certificates need Node: give a fetch that has them');
  if (target.tls !== undefined && target.url.protocol !== 'https:')
    throw new TypeError('certificates need a url of https');
  return onNode ? await nodeTransport(target) : fetchTransport(target, globalThis.fetch);
}

/** What was given and would not be used is a mistake: nobody is to think that a certificate was shown. */
function tlsOf({ tls, fetch }: ConnectOptions): ClientTls | undefined {
  if (tls === undefined) return undefined;
  const { ca, cert, key, ...others } = tls;
  if (Object.keys(others).length > 0) throw new TypeError('tls takes ca, cert and key');
  for (const [name, text] of Object.entries({ ca, cert, key }))
    if (text !== undefined && (typeof text !== 'string' || !text.includes('-----BEGIN ')))
      throw new TypeError(`tls.${name} is a PEM text`);
  if ((cert === undefined) !== (key === undefined))
    throw new TypeError('a client certificate takes both tls.cert and tls.key');
  if (fetch !== undefined) throw new TypeError('a fetch of your own brings its own certificates');
  return tls;
}

function askingOf({ onApproval, approvalTimeout = 300_000 }: ConnectOptions): Asking | undefined {
  positive('approvalTimeout', approvalTimeout, 2 ** 31 - 1);
  return onApproval === undefined ? undefined : { onApproval, timeout: approvalTimeout };
}

function positive(name: string, value: number, max: number): number {
  if (!Number.isInteger(value) || value < 1 || value > max)
    throw new TypeError(`${name} must be a whole number from 1 to ${max}`);
  return value;
}
