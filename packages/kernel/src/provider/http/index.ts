/**
 * The provider `http`: one action, one request, one connection. The name is resolved once and only a checked address is
 * connected to; a redirect is a result with its target, so that the next hop is judged as the action it is. Time, headers
 * and body are bounded. Cookies are neither kept nor sent: what an action sends is what its params say.
 */

import type { Json, Label } from '@portcullis/wire';
import { Client, type Dispatcher } from 'undici';
import type { Action } from '../../action/types.ts';
import { type Deadline, startDeadline } from '../deadline.ts';
import { countParam } from '../params.ts';
import { textMember } from '../text.ts';
import {
  type Provider,
  type ProviderContext,
  ProviderError,
  type ProviderOutput,
  type ProviderPiece,
} from '../types.ts';
import { bodyPieces, readBody } from './body.ts';
import {
  type Connection,
  createConnection,
  type Dial,
  type Resolve,
  systemDial,
  systemResolve,
} from './connector.ts';
import { HTTP_ACTIONS } from './definitions.ts';
import { httpFailure } from './failure.ts';
import { type HttpRequest, readHttpRequest } from './request.ts';
import { createRoom, type Lease } from './room.ts';

export interface HttpProviderOptions {
  /** Hosts, exact `host` or `host:port`, that are reached though their addresses are not public. Default: none. */
  readonly privateHosts?: readonly string[];
  /** Milliseconds for an exchange that says nothing of it. Default 30,000. */
  readonly timeout?: number;
  /** The most that an action may ask for. Default 300,000. */
  readonly maxTimeout?: number;
  /** Bytes of a response body, decoded. Default 10 MiB. */
  readonly maxBodyBytes?: number;
  /** Bytes that the bodies of all exchanges under way hold together. Default 128 MiB. */
  readonly maxBytesUnderWay?: number;
  /** PEM of certificate authorities to trust instead of the system's. */
  readonly ca?: string;
  /** How names are resolved. Default: as the system does. */
  readonly resolve?: Resolve;
  /** How connections are opened to an address that was checked. Default: TCP, and TLS for https. */
  readonly dial?: Dial;
}

export const HTTP_DEFAULTS = Object.freeze({
  timeout: 30_000,
  maxTimeout: 300_000,
  bodyBytes: 10 * 1024 * 1024,
  bytesUnderWay: 128 * 1024 * 1024,
  headerBytes: 32 * 1024,
});

export function createHttpProvider(options: HttpProviderOptions = {}): Provider {
  const isPrivateHost = privateHosts(options.privateHosts ?? []);
  const maxTimeout = options.maxTimeout ?? HTTP_DEFAULTS.maxTimeout;
  const timeout = Math.min(options.timeout ?? HTTP_DEFAULTS.timeout, maxTimeout);
  const cap = options.maxBodyBytes ?? HTTP_DEFAULTS.bodyBytes;
  const room = createRoom(options.maxBytesUnderWay ?? HTTP_DEFAULTS.bytesUnderWay);
  const resolve = options.resolve ?? systemResolve;

  const open = (action: Action, context: ProviderContext): Exchange => {
    const request = readHttpRequest(action);
    const limit = countParam(action.params, 'timeout_ms', 1, maxTimeout) ?? timeout;
    if (context.signal.aborted) throw new ProviderError('cancelled', 'the caller went away');
    const deadline = startDeadline(context.signal, limit);
    const lifted = isPrivateHost(request.url);
    const dial = options.dial ?? systemDial({ timeout: limit, ca: options.ca });
    const connection = createConnection(resolve, dial, lifted, deadline.signal);
    const client = new Client(request.url.origin, {
      connect: connection.connect,
      pipelining: 0,
      maxHeaderSize: HTTP_DEFAULTS.headerBytes,
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    const label = {
      source: 'http',
      origin: request.url.host,
      integrity: 'untrusted',
      confidentiality: lifted ? 'private' : 'public',
    } as const;
    return { request, deadline, connection, client, labels: [label] };
  };

  const execute = async (action: Action, context: ProviderContext): Promise<ProviderOutput> => {
    const exchange = open(action, context);
    const { request, deadline, labels } = exchange;
    const lease = room.lease(JSON.stringify([context.tenant, context.principal]));
    try {
      return { data: await deadline.race(whole(exchange, cap, lease)), labels };
    } catch (error) {
      throw httpFailure(error, deadline.ended(), effectOf(request, exchange.connection));
    } finally {
      lease.end();
      end(exchange);
    }
  };

  /** The body in pieces, without a cap of its own: time and whether it is wanted bound it. What it answers with is all but the body. */
  async function* executeStream(
    action: Action,
    context: ProviderContext,
  ): AsyncGenerator<ProviderPiece, ProviderOutput, undefined> {
    const exchange = open(action, context);
    const { request, deadline, labels } = exchange;
    let body: ReturnType<typeof bodyPieces> | undefined;
    try {
      const response = await deadline.race(send(exchange));
      body = bodyPieces(response.body, codingOf(response, request));
      let next = await deadline.race(body.next());
      let truncated = false;
      while (next.done !== true && !truncated) {
        yield { data: next.value, labels };
        truncated = context.wanted?.() === false;
        if (!truncated) next = await deadline.race(body.next());
      }
      const decoded = next.done === true && next.value;
      return { data: headOf(response, request, decoded, truncated), labels };
    } catch (error) {
      throw httpFailure(error, deadline.ended(), effectOf(request, exchange.connection));
    } finally {
      void body?.return(false).catch(() => undefined);
      end(exchange);
    }
  }

  return Object.freeze({ family: 'http', actions: HTTP_ACTIONS, execute, executeStream });
}

/** A safe method changes nothing; any other may have, once there was a connection. */
const effectOf = (request: HttpRequest, connection: Connection): 'none' | 'possible' =>
  request.safe || !connection.opened() ? 'none' : 'possible';

interface Exchange {
  readonly request: HttpRequest;
  readonly deadline: Deadline;
  readonly connection: Connection;
  readonly client: Client;
  readonly labels: readonly Label[];
}

function end({ deadline, client }: Exchange): void {
  deadline.release();
  void client.destroy().catch(() => undefined);
}

const send = ({ client, request, deadline }: Exchange): Promise<Dispatcher.ResponseData> =>
  client.request({
    method: request.method,
    path: request.path,
    headers: request.headers,
    body: request.body ?? null,
    signal: deadline.signal,
  });

async function whole(exchange: Exchange, cap: number, lease: Lease): Promise<Json> {
  const { request } = exchange;
  const response = await send(exchange);
  const { bytes, truncated, decoded } = await readBody(
    response.body,
    codingOf(response, request),
    cap,
    lease,
  );
  const { truncated: _, redirect, ...head } = headOf(response, request, decoded, truncated);
  return {
    ...head,
    ...textMember('body', bytes, truncated),
    truncated,
    ...(redirect === undefined ? {} : { redirect }),
  };
}

function codingOf(
  { headers }: Dispatcher.ResponseData,
  { method }: HttpRequest,
): string | undefined {
  const coding = headers['content-encoding'];
  return typeof coding === 'string' && method !== 'HEAD' ? coding : undefined;
}

/** All but the body. `decoded`: what its headers say of its coding is not so any more. */
function headOf(
  response: Dispatcher.ResponseData,
  request: HttpRequest,
  decoded: boolean,
  truncated: boolean,
) {
  // Names are the other side's: `__proto__` is one like any other.
  const headers: Record<string, Json> = Object.create(null);
  for (const [name, value] of Object.entries(response.headers)) {
    if (value === undefined || (decoded && /^content-(?:encoding|length)$/.test(name))) continue;
    headers[name] = value;
  }
  return {
    status: response.statusCode,
    url: `${request.url.origin}${request.path}`,
    headers,
    truncated,
    ...redirectOf(response, request),
  };
}

/** Where a redirect leads, absolute: the next action's resource, if somebody asks for it. */
function redirectOf(
  response: Dispatcher.ResponseData,
  request: HttpRequest,
): { redirect?: string } {
  const location = response.headers.location;
  if (typeof location !== 'string' || response.statusCode < 300 || response.statusCode > 399) {
    return {};
  }
  return URL.canParse(location, request.url.href)
    ? { redirect: new URL(location, request.url.href).href }
    : {};
}

/** `host` means any port. Throws where an entry is not a host. */
function privateHosts(entries: readonly string[]): (url: URL) => boolean {
  const hosts = new Set<string>();
  for (const entry of entries) {
    const bare =
      entry.includes(':') && !entry.includes('[') && entry.split(':').length > 2
        ? `[${entry}]`
        : entry;
    const url = URL.canParse(`http://${bare}/`) ? new URL(`http://${bare}/`) : undefined;
    if (
      url === undefined ||
      url.pathname !== '/' ||
      url.username !== '' ||
      /[*/@?#\s]/.test(entry)
    ) {
      throw new Error(`privateHosts: ${JSON.stringify(entry)} is not a host or host:port`);
    }
    const port = /:(\d+)$/.exec(bare)?.[1];
    hosts.add(port === undefined ? url.hostname : `${url.hostname}:${Number(port)}`);
  }
  return (url) => {
    const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port;
    return hosts.has(url.hostname) || hosts.has(`${url.hostname}:${port}`);
  };
}
