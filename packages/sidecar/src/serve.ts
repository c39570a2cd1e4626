/**
 * One request from its headers to its answer, in one readable order. Cheap refusals come first; nobody unknown is read from, and
 * nobody's rate reaches the journal. Whatever goes wrong ends in a problem document.
 */
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { HttpBindings } from '@hono/node-server';
import {
  ADMISSION_LIMITS,
  type KernelHost,
  mostForOne,
  PortcullisError,
  type Right,
  readJson,
  Unreadable,
} from '@portcullis/kernel';
import type { JsonObject, Kernel } from '@portcullis/wire';
import type { Context } from 'hono';
import type { Logger } from 'pino';
import type { z } from 'zod';
import type { Credential } from './auth/credential.ts';
import type { RefusalCounter } from './auth/refusals.ts';
import type { KeyRing } from './auth/ring.ts';
import { bearerToken } from './auth/token.ts';
import { problem } from './http/answer.ts';
import { checkMediaType, hasBody, MAX_BODY, readBody } from './http/body.ts';
import type { AllowedHosts } from './http/origin.ts';
import { readQuery } from './http/query.ts';
import { faultOf } from './log.ts';
import type { Metrics } from './metrics/metrics.ts';
import type { Route, SidecarContext } from './route.ts';
import type { Turn } from './turn.ts';

/** What every request needs besides its route. */
export interface Serving {
  readonly context: SidecarContext;
  readonly host: KernelHost;
  readonly keys: KeyRing;
  readonly names: AllowedHosts;
  readonly refusals: RefusalCounter;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly turn: Turn;
  /** Requests and streams under way beyond which there is room only for keys that may stop the others. */
  readonly crowd: number;
  /** Ends one of those that take their time to send a request; false where nobody does. */
  relieve(): boolean;
  /** The kernel's verbs as a credential; the same object each time. */
  kernelOf(credential: Credential): Kernel;
  faulted(error: unknown): Response;
}

type Handler = (c: Context<{ Bindings: HttpBindings }>) => Promise<Response>;

export function serve(route: Route, serving: Serving): Handler {
  const meter = serving.metrics.route(`${route.method} ${route.path}`);
  const logs = serving.log.isLevelEnabled('debug');
  // One promise for all of a request: each further one costs a turn of the queue, and garbage.
  return (c) =>
    new Promise((resolve) => {
      const started = performance.now();
      serving.context.underWay.count++;
      let asks: Credential | undefined;
      const known = (credential: Credential): void => {
        asks = credential;
        credential.underWay++;
      };
      const answered = (response: Response): void => {
        serving.context.underWay.count--;
        if (asks !== undefined) asks.underWay--;
        const took = performance.now() - started;
        meter.done(response.status, took / 1000);
        if (logs)
          serving.log.debug({
            route: `${route.method} ${route.path}`,
            status: response.status,
            ms: took,
          });
        resolve(response);
      };
      const failed = (error: unknown): void => answered(refusal(error, serving));
      try {
        respond(route, serving, c, known, answered, failed);
      } catch (error) {
        failed(error);
      }
    });
}

/** What the table does not have is held to the same names, and its strangers are not counted. */
export function serveUnrouted(
  serving: Serving,
  env: HttpBindings,
  answer: () => Response,
): Response {
  try {
    serving.names.check(env.incoming);
    return answer();
  } catch (error) {
    return refusal(error, serving);
  }
}

/** Throws, or calls one of the two, once. */
function respond(
  route: Route,
  serving: Serving,
  c: Context<{ Bindings: HttpBindings }>,
  known: (credential: Credential) => void,
  answered: (response: Response) => void,
  failed: (error: unknown) => void,
): void {
  const { incoming, outgoing } = c.env;
  serving.names.check(incoming);
  if (serving.context.draining.aborted && route.access !== 'public')
    throw new PortcullisError('draining');
  // A public route's handler asks for no credential; the types of a call need not say so to all others.
  const credential = route.access === 'public' ? (undefined as never) : identify(incoming, serving);
  let query: unknown;
  const handle = (body: unknown): void => {
    const count = Array.isArray(body) ? body.length : (route.counts?.(body) ?? 1);
    if (count > 1) limit(credential, count - 1);
    // The answer to HEAD has no body, so nothing would ever read the stream to its end.
    if (incoming.method === 'HEAD' && STREAMS.has(route.answer as string)) {
      throw new PortcullisError('method_not_allowed', 'a stream has no HEAD');
    }
    const response = route.handle({
      credential,
      kernel: credential === undefined ? (undefined as never) : serving.kernelOf(credential),
      sidecar: serving.context,
      params: route.path.includes('{') ? (c.req.param() as Record<string, string>) : NO_PARAMS,
      query,
      body,
      incoming,
      outgoing,
    });
    if (response instanceof Promise) response.then(answered, failed);
    else answered(response);
  };
  if (route.access === 'public') {
    handle(undefined);
    return;
  }
  known(credential);
  checkCrowd(credential, serving);
  limit(credential, 1);
  const recorded = (error: unknown): unknown => {
    recordRefusal(error, route, credential, serving.host);
    return error;
  };
  const take = (read: Buffer | PortcullisError): void => {
    try {
      let body: unknown;
      try {
        body = read instanceof PortcullisError ? unreadable(route, read) : parsed(route, read);
      } catch (error) {
        throw recorded(error);
      }
      handle(body);
    } catch (error) {
      failed(error);
    }
  };
  let absent: unknown;
  try {
    demand(route, credential);
    query = readRouteQuery(route, incoming);
    if (incoming.method === 'POST' || incoming.method === 'PUT') {
      if (hasBody(incoming)) {
        checkMediaType(incoming);
        readBody(incoming, MAX_BODY, (read) => serving.turn.add(() => take(read)));
        return;
      }
      absent = absentBody(route, incoming);
    }
  } catch (error) {
    throw recorded(error);
  }
  handle(absent);
}

const NO_PARAMS: Readonly<Record<string, string>> = Object.freeze({});

const STREAMS = new Set(['text/event-stream', 'application/x-ndjson']);

/** By connection, the header that was let in last: who sends the very same again, over the same connection, is who it was. */
const letIn = new WeakMap<Socket, { readonly header: string; readonly credential: Credential }>();

function identify(incoming: IncomingMessage, serving: Serving): Credential {
  const header = incoming.headers.authorization;
  const before = letIn.get(incoming.socket);
  if (before !== undefined && before.header === header && serving.keys.stands(before.credential))
    return before.credential;
  const token = bearerToken(header);
  const certificate = certificateOf(incoming);
  const credential =
    token === undefined && header !== undefined
      ? undefined
      : serving.keys.authenticate(token, certificate);
  if (credential !== undefined) {
    if (header !== undefined) letIn.set(incoming.socket, { header, credential });
    return credential;
  }
  serving.refusals.count('unauthenticated', sourceOf(incoming));
  throw new PortcullisError('unauthenticated');
}

/** SHA-256 of the client certificate, where TLS has verified one. */
function certificateOf({ socket }: IncomingMessage): string | undefined {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return undefined;
  return socket.getPeerX509Certificate()?.fingerprint256.replaceAll(':', '').toLowerCase();
}

/** Where a request came from: an address, or `unix`. */
export function sourceOf({ socket }: Pick<IncomingMessage, 'socket'>): string {
  return socket.remoteAddress ?? 'unix';
}

/** Of the places, too, each key has its share. */
function checkCrowd(credential: Credential, serving: Serving): void {
  const { context, crowd } = serving;
  const { underWay, streams } = context;
  const room = underWay.count + streams.open <= crowd && credential.underWay <= mostForOne(crowd);
  if (room || credential.stops || serving.relieve()) return;
  throw new PortcullisError('too_many_requests', 'too many requests are under way', {
    retryAfter: 1,
  });
}

function limit(credential: Credential, cost: number): void {
  const wait = credential.rate?.take(Date.now(), cost) ?? 0;
  if (wait > 0) {
    throw new PortcullisError('too_many_requests', undefined, {
      retryAfter: Math.ceil(wait / 1000),
    });
  }
}

function demand(route: Route, credential: Credential): void {
  const rights = route.access as readonly Right[];
  if (rights.length === 0) return;
  for (const right of rights) if (credential.caller.rights.has(right)) return;
  throw new PortcullisError('forbidden', `this needs the right ${rights.join(' or ')}`);
}

function readRouteQuery(route: Route, incoming: IncomingMessage): unknown {
  const url = incoming.url as string;
  if (route.query !== undefined) return parse(route.query, { ...readQuery(url) });
  if (url.includes('?')) throw new PortcullisError('unknown_field', 'this route takes no query');
  return undefined;
}

function absentBody(route: Route, incoming: IncomingMessage): unknown {
  if (route.absentBody !== undefined) return route.absentBody;
  checkMediaType(incoming);
  return unreadable(route, new PortcullisError('malformed_request', 'a body is required'));
}

function parsed(route: Route, bytes: Uint8Array): unknown {
  const read = readJson(bytes, isArray(bytes) ? BATCH_LIMITS : ADMISSION_LIMITS);
  if (!read.ok) return unreadable(route, new PortcullisError(read.code, read.message));
  if (route.readBy === 'kernel' || route.body === undefined) return read.value;
  return parse(route.body, read.value);
}

/** Where the kernel reads the body, it also decides and records what could not be read. Nobody waits for what was cut off. */
function unreadable(route: Route, error: PortcullisError): Unreadable {
  if (route.readBy !== 'kernel' || error.code === 'cancelled') throw error;
  return new Unreadable(error.code, error.message);
}

/** What a batch holds is judged one by one, with the limits of one; its text is bounded by its bytes. */
const BATCH_LIMITS = Object.freeze({
  bytes: ADMISSION_LIMITS.bytes,
  depth: 1000,
  keys: ADMISSION_LIMITS.bytes,
  string: ADMISSION_LIMITS.bytes,
  key: ADMISSION_LIMITS.bytes,
});

function isArray(bytes: Uint8Array): boolean {
  const first = bytes.find((byte) => byte !== 32 && byte !== 9 && byte !== 10 && byte !== 13);
  return first === 91;
}

function parse(schema: z.ZodType, value: unknown): unknown {
  const parsed = schema.safeParse(value, { reportInput: true });
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const code = issue?.code === 'unrecognized_keys' ? 'unknown_field' : 'malformed_request';
  const at = issue?.path.length ? issue.path.join('/').slice(0, 200) : 'the request';
  throw new PortcullisError(code, `${at}: ${wrong(issue)}`);
}

/** A text holds no undefined: what has no value is not there. */
function wrong(issue: z.core.$ZodIssue | undefined): string {
  if (issue?.code === 'invalid_type' && issue.input === undefined) return 'is missing';
  if (issue?.code === 'invalid_value') return `expected ${issue.values.map(String).join(', ')}`;
  if (issue === undefined || issue.code === 'invalid_union') return 'is not well-formed';
  return issue.message.replace(/^Invalid input: /, '').slice(0, 200);
}

/** What a known key sent and the kernel never saw leaves a record too; its rate has bounded how many. */
function recordRefusal(
  error: unknown,
  route: Route,
  credential: Credential,
  host: KernelHost,
): void {
  if (!(error instanceof PortcullisError)) return;
  const { tenant, principal } = credential.caller;
  const fields: JsonObject = {
    caller: credential.id,
    principal: principal.id,
    route: `${route.method} ${route.path}`,
  };
  host.recordRefusal(error.code, fields, tenant);
}

function refusal(error: unknown, serving: Serving): Response {
  if (!(error instanceof PortcullisError)) return serving.faulted(error);
  serving.metrics.refused(error.code);
  if (error.code === 'kernel_fault') serving.log.error({ fault: faultOf(error) }, 'fault');
  if (error.code === 'unauthenticated')
    return problem(error, { 'www-authenticate': 'Bearer realm="portcullis"' });
  if (error.code === 'draining') return problem(error, { connection: 'close' });
  return problem(error);
}
