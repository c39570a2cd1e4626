/**
 * The wire over node:http, for unix sockets and, where Node is there, TCP: one agent with kept connections.
 * An answer is read up to the bound and no further; a broken connection is said to be one, never retried in silence.
 */
import type { Agent, ClientRequest, IncomingMessage, RequestOptions } from 'node:http';
import { badResponse, cancelled, PortcullisError, timedOut, unavailable } from '../errors.ts';
import {
  type Answer,
  type Call,
  headersOf,
  type Stream,
  type Target,
  type Transport,
} from './transport.ts';

type Request = (
  options: RequestOptions,
  answered: (response: IncomingMessage) => void,
) => ClientRequest;

export async function nodeTransport(target: Target): Promise<Transport> {
  const secure = target.socketPath === undefined && target.url.protocol === 'https:';
  const http = secure ? await import('node:https') : await import('node:http');
  const agent = new http.Agent({ keepAlive: true, scheduling: 'lifo', ...target.tls });
  return new NodeTransport(target, agent, http.request as Request);
}

class NodeTransport implements Transport {
  readonly #base: RequestOptions;
  readonly #headers: Record<string, string>;
  readonly #max: number;
  readonly #agent: Agent;
  readonly #request: Request;
  readonly #open = new Set<ClientRequest>();
  readonly #prefix: string;
  readonly #place: string;
  #closed = false;

  constructor(target: Target, agent: Agent, request: Request) {
    const { url, socketPath } = target;
    this.#agent = agent;
    this.#request = request;
    this.#max = target.maxBytes;
    this.#place = socketPath ?? url.host;
    this.#prefix = url.pathname === '/' ? '' : url.pathname;
    this.#base =
      socketPath === undefined
        ? {
            agent,
            protocol: url.protocol,
            hostname: url.hostname.replace(/^\[|\]$/g, ''),
            port: url.port,
          }
        : { agent, socketPath };
    this.#headers = headersOf(target);
    if (socketPath !== undefined) this.#headers.host = 'localhost';
  }

  async send(call: Call): Promise<Answer> {
    try {
      return await this.#once(call);
    } catch (error) {
      // A kept connection that the server closed while idle: reads are asked again, once, on a fresh one.
      if (call.repeatable && error instanceof StaleConnection) return await this.#once(call);
      throw error;
    }
  }

  #once(call: Call): Promise<Answer> {
    const retry = call.repeatable ? 'later' : 'never';
    return new Promise((resolve, reject) => {
      if (this.#closed) return reject(closedError());
      const request = this.#start(call.method, call.path, call.body, (response) => {
        let held: Buffer | undefined;
        let bytes = 0;
        response.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
          if (bytes > this.#max)
            fail(badResponse(`the answer is larger than ${this.#max} bytes`, retry));
          else held = held === undefined ? chunk : joined(held, bytes - chunk.length, chunk);
        });
        response.on('end', () => {
          if (!response.complete) return fail(broken(call, new Error('the answer was cut')));
          finish();
          resolve({
            status: response.statusCode ?? 0,
            text: held?.toString('utf8', 0, bytes) ?? '',
          });
        });
        response.on('error', (cause) => fail(broken(call, cause)));
      });
      const timer = setTimeout(() => fail(timedOut(call.timeout, retry)), call.timeout);
      const finish = () => {
        clearTimeout(timer);
        this.#open.delete(request);
      };
      const fail = (error: Error) => {
        finish();
        reject(error);
        request.destroy();
      };
      request.on('error', (cause: NodeJS.ErrnoException) => {
        if (this.#closed) fail(closedError());
        else if (isRefusal(cause)) fail(nobody(this.#place, cause));
        else if (request.reusedSocket && cause.code === 'ECONNRESET')
          fail(new StaleConnection(call, cause));
        else fail(broken(call, cause));
      });
      request.end(call.body);
    });
  }

  stream(call: Call, signal: AbortSignal): Promise<Stream> {
    const { timeout } = call;
    return new Promise((resolve, reject) => {
      if (this.#closed) return reject(closedError());
      if (signal.aborted) return reject(cancelled(signal.reason));
      const stop = () => request.destroy(cancelled(signal.reason));
      const request = this.#start(call.method, call.path, call.body, (response) => {
        clearTimeout(timer);
        resolve({
          status: response.statusCode ?? 0,
          chunks: response,
          close: () => request.destroy(),
        });
      });
      const late = timedOut(timeout, call.repeatable ? 'later' : 'never');
      const timer = setTimeout(() => request.destroy(late), timeout);
      signal.addEventListener('abort', stop, { once: true });
      request.on('error', (cause: NodeJS.ErrnoException) => {
        if (cause instanceof PortcullisError) reject(cause);
        else if (isRefusal(cause)) reject(nobody(this.#place, cause));
        else reject(broken(call, cause));
      });
      request.on('close', () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', stop);
        this.#open.delete(request);
      });
      request.end(call.body);
    });
  }

  #start(
    method: string,
    path: string,
    body: string | undefined,
    answered: (response: IncomingMessage) => void,
  ): ClientRequest {
    const headers =
      body === undefined
        ? this.#headers
        : {
            ...this.#headers,
            'content-type': 'application/json',
            'content-length': Buffer.byteLength(body),
          };
    const options = { ...this.#base, method, path: this.#prefix + path, headers };
    const request = this.#request(options, answered);
    this.#open.add(request);
    return request;
  }

  close(): void {
    this.#closed = true;
    for (const request of this.#open) request.destroy(closedError());
    this.#agent.destroy();
  }
}

/** In a buffer that grows by doubling: an answer in chunks of one byte takes no more than one in large ones. */
function joined(held: Buffer, length: number, chunk: Buffer): Buffer {
  const end = length + chunk.length;
  const into = end <= held.length ? held : Buffer.allocUnsafeSlow(Math.max(end, length * 2));
  if (into !== held) held.copy(into, 0, 0, length);
  chunk.copy(into, length);
  return into;
}

/** The server dropped an idle connection as the request went out: nothing of an answer came. */
class StaleConnection extends PortcullisError {
  constructor(call: Call, cause: unknown) {
    const { message, retry } = broken(call, cause);
    super('unavailable', message, { status: 503, retry, cause });
  }
}

function broken(call: Call, cause: unknown): PortcullisError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return call.repeatable
    ? unavailable(`the connection broke: ${why}`, 'later', cause)
    : unavailable(
        `the connection broke: ${why}; whether the request was carried out is not known (an idempotency_key makes asking again safe)`,
        'never',
        cause,
      );
}

const nobody = (place: string, cause: NodeJS.ErrnoException): PortcullisError =>
  unavailable(`no sidecar answers at ${place} (${cause.code ?? cause.message})`, 'later', cause);

/** Failures before a byte of the request left. */
function isRefusal(cause: NodeJS.ErrnoException): boolean {
  return (
    cause.syscall === 'connect' || cause.syscall === 'getaddrinfo' || cause.code === 'ECONNREFUSED'
  );
}

const closedError = () => unavailable('this client is closed', 'never');
