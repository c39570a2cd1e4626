/** One route as data: what the router, OpenAPI, the 405 answers, the metrics and the tests all come from. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { KernelHost, Right } from '@portcullis/kernel';
import type { Kernel } from '@portcullis/wire';
import type { z } from 'zod';
import type { Credential } from './auth/credential.ts';
import type { KeyRing } from './auth/ring.ts';
import type { Metrics } from './metrics/metrics.ts';
import type { OwnKey, PublicJwk } from './webhooks/keys.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

/** `public`: nobody has to say who they are. Else any of these rights; none listed, any key. */
export type Access = 'public' | readonly Right[];

/** One request on its way to its handler: authenticated, within its rights, read and validated. */
export interface Call<Body = unknown, Query = unknown> {
  readonly credential: Credential;
  /** The verbs, as this credential. */
  readonly kernel: Kernel;
  readonly sidecar: SidecarContext;
  readonly params: Readonly<Record<string, string>>;
  readonly query: Query;
  readonly body: Body;
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
}

/** What handlers share. */
export interface SidecarContext {
  readonly host: KernelHost;
  readonly keys: KeyRing;
  /** Where this sidecar is reached: scheme, host, port. */
  readonly publicUrl: () => string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Fires when the sidecar stops taking requests: streams end. */
  readonly draining: AbortSignal;
  readonly metrics: () => Promise<string>;
  /** The document of this API, made from the table of routes. */
  readonly openApi: () => string;
  /** How long an event stream may be silent, in milliseconds. */
  readonly heartbeat: number;
  /** How long a reader of a stream may stand still, in milliseconds. */
  readonly stall: number;
  /** Event streams under way, for the metrics. */
  readonly streams: { open: number };
  /** What this sidecar signs with where nobody brings another key. */
  readonly ownKey: () => OwnKey;
  /** Public keys that what this sidecar sends out is signed with. */
  readonly publicKeys: () => readonly PublicJwk[];
  /** Requests under way, their clients there or gone. */
  readonly underWay: { count: number };
  /** For the metrics. */
  readonly decided: Metrics['decided'];
  readonly settled: Metrics['settled'];
}

export interface RouteSpec<Body, Query> {
  readonly method: Method;
  /** `/v1/sessions/{id}` */
  readonly path: string;
  readonly summary: string;
  readonly access: Access;
  readonly query?: z.ZodType<Query>;
  readonly body?: z.ZodType<Body>;
  /** `kernel`: the kernel's admission reads the body, so that what is malformed has its record and its code from there. */
  readonly readBy?: 'kernel';
  /** What stands for a body that was left out. Without it a body is required. */
  readonly absentBody?: Body;
  /** Of a body that asks for several at once: as how many requests it counts for the key's rate. An array counts its length. */
  readonly counts?: (body: Body) => number;
  /** A schema, or the media type of an answer that is not JSON. */
  readonly answer: z.ZodType | string;
  /** The data of each server-sent event: of every answer, or where the body asks for `stream: true`. */
  readonly event?: z.ZodType;
  /** 200 where left out. */
  readonly status?: 200 | 201;
  handle(call: Call<Body, Query>): Response | Promise<Response>;
}

export type Route = RouteSpec<unknown, unknown>;

/** Ties a handler's types to its schemas, then forgets them: the table holds routes of one type. */
export function route<Body, Query>(spec: RouteSpec<Body, Query>): Route {
  return Object.freeze(spec) as unknown as Route;
}
