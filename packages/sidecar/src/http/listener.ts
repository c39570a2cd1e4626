/** One listening server over the app, with its bounds: slow senders, idle crowds and broken requests cost it little. */
import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Duplex } from 'node:stream';
import { getRequestListener, type HttpBindings } from '@hono/node-server';
import { type Code, PortcullisError } from '@portcullis/kernel';
import { MAX_HEADER_BYTES, type ServerLimits, type TlsOptions } from '../options.ts';
import { problem, problemFor } from './answer.ts';
import { boundConnections, type Connections } from './connections.ts';

export type Fetch = (request: Request, env: HttpBindings) => Response | Promise<Response>;

export interface Listener {
  readonly server: Server;
  readonly connections: Connections;
}

export interface ListenerHooks {
  readonly fetch: Fetch;
  /** A connection sent what is no HTTP, or was too slow. */
  readonly broken: (code: Code, socket: Duplex) => void;
}

/** How often timeouts are looked for, in milliseconds. */
const CHECK_INTERVAL = 1000;

export function createListener(
  hooks: ListenerHooks,
  limits: ServerLimits,
  tls?: TlsOptions,
): Listener {
  const options = {
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: limits.headersTimeout,
    requestTimeout: limits.requestTimeout,
    keepAliveTimeout: limits.keepAliveTimeout,
    connectionsCheckingInterval: Math.min(CHECK_INTERVAL, limits.headersTimeout),
    noDelay: true,
    insecureHTTPParser: false,
  };
  const listener = getRequestListener(hooks.fetch as Parameters<typeof getRequestListener>[0], {
    overrideGlobalObjects: false,
    errorHandler: () =>
      problem(new PortcullisError('malformed_request', 'the request target is not well-formed')),
  });
  const server =
    tls === undefined
      ? createServer(options, listener)
      : (createTlsServer(
          {
            ...options,
            cert: tls.cert as Buffer,
            key: tls.key as Buffer,
            minVersion: 'TLSv1.2',
            handshakeTimeout: limits.headersTimeout,
            ...(tls.clientCa === undefined
              ? {}
              : { ca: tls.clientCa as Buffer, requestCert: true, rejectUnauthorized: true }),
          },
          listener,
        ) as unknown as Server);
  server.maxHeadersCount = 100;
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    const code = codeOf(error.code);
    hooks.broken(code, socket);
    refuse(code, error.code, socket);
  });
  const { connections, stall } = limits;
  return { server, connections: boundConnections(server, connections, tls !== undefined, stall) };
}

function codeOf(error: string | undefined): Code {
  if (error === 'HPE_HEADER_OVERFLOW' || error === 'HPE_CHUNK_EXTENSIONS_OVERFLOW')
    return 'too_large';
  return error === 'ERR_HTTP_REQUEST_TIMEOUT' ? 'timeout' : 'malformed_request';
}

/** What the parser gave up on has no response object: the answer is written by hand, and the connection ends. */
function refuse(code: Code, error: string | undefined, socket: Duplex): void {
  // Where an answer is under way already, a second one would be read as part of it.
  const busy =
    (socket as { _httpMessage?: { headersSent?: boolean } })._httpMessage?.headersSent === true;
  if (!socket.writable || busy || error === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const status =
    code === 'timeout'
      ? 408
      : error === 'HPE_HEADER_OVERFLOW'
        ? 431
        : code === 'too_large'
          ? 413
          : 400;
  const body = JSON.stringify({ ...problemFor(new PortcullisError(code)), status });
  const head = [
    `HTTP/1.1 ${status} ${REASONS[status]}`,
    'content-type: application/problem+json',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
}

const REASONS: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  408: 'Request Timeout',
  413: 'Content Too Large',
  431: 'Request Header Fields Too Large',
};
