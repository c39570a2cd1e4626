/** Reading what `grant`, `attenuate`, `invoke` and `revoke` are asked: strict, each member once, into a frozen copy. */
import type { Caveats, Context, JsonObject, ResponseMode } from '@portcullis/wire';
import { RESPONSE_MODES, readContext } from '../../action/index.ts';
import { plainObject } from '../../action/plain.ts';
import { type Refusal, refuse } from '../../action/refusal.ts';
import { type CaveatsRead, readCaveats } from '../token/caveats.ts';
import { type Fields, type Read, readFields } from './fields.ts';

const MOST_TTL = 31_536_000;

export interface ReadConstraints {
  readonly caveats: Caveats;
  /** Milliseconds. */
  readonly ttl: number | undefined;
}

const NO_CONSTRAINTS = Object.freeze({
  ok: true,
  request: Object.freeze({ caveats: Object.freeze({}), ttl: undefined }),
} as const);

/** Seconds from now become a time once the clock is known. */
function readConstraints(
  given: unknown,
  proofKey: unknown,
): { readonly ok: true; readonly request: ReadConstraints } | Refusal {
  if (given === undefined && proofKey === undefined) return NO_CONSTRAINTS;
  const { ttl, ...others } = (given ?? {}) as Record<string, unknown>;
  if (ttl !== undefined) {
    if (typeof ttl !== 'number' || !(ttl > 0) || ttl > MOST_TTL)
      return refuse('malformed_request', 'ttl is a number of seconds above 0', '/ttl');
    if (others.expires !== undefined)
      return refuse('malformed_request', 'ttl and expires say the same twice', '/ttl');
  }
  if (proofKey !== undefined && others.proof_key !== undefined)
    return refuse('malformed_request', 'proof_key is given twice', '/proof_key');
  const read = readCaveats(proofKey === undefined ? others : { ...others, proof_key: proofKey });
  if (!read.ok) return refuse(read.code, `constraints: ${read.message}`, '/constraints');
  return {
    ok: true,
    request: { caveats: read.caveats, ttl: ttl === undefined ? undefined : ttl * 1_000 },
  };
}

export interface ReadGrant extends ReadConstraints {
  readonly capability: string | undefined;
  readonly justification: string | undefined;
  readonly session: string | undefined;
  readonly context: Context | undefined;
  readonly delegateTo: string | undefined;
  readonly token: string | undefined;
  readonly proof: string | undefined;
  /** A pure check: nothing is granted. */
  readonly checks: boolean;
  /** The request without its proof: what a proof signs. */
  readonly asked: Readonly<JsonObject>;
}

const GRANT: Fields = Object.freeze({
  capability: 'text',
  justification: 'prose',
  constraints: 'object',
  session: 'text',
  context: 'object',
  delegate_to: 'text',
  token: 'token',
  proof: 'text',
  proof_key: 'text',
  execution: 'text',
});

export function readGrant(input: unknown): Read<ReadGrant> {
  const read = readFields(input, GRANT);
  if (!read.ok) return read;
  const { proof, asked } = withoutProof(read.request as JsonObject);
  const constraints = readConstraints(asked.constraints, asked.proof_key);
  if (!constraints.ok) return constraints;
  const context = contextOf(asked.context);
  if (!context.ok) return context;
  const { capability, delegate_to: delegateTo, token } = asked;
  if (asked.execution !== undefined && asked.execution !== 'none')
    return refuse('malformed_request', 'execution is none, or left out', '/execution');
  if (capability === undefined && token === undefined)
    return refuse('malformed_request', 'capability is missing', '/capability');
  if ((delegateTo === undefined) !== (token === undefined))
    return refuse('malformed_request', 'delegate_to and token belong together', '/delegate_to');
  const text = (name: string) => asked[name] as string | undefined;
  return {
    ok: true,
    request: {
      ...constraints.request,
      capability: text('capability'),
      justification: text('justification'),
      session: text('session'),
      context: context.request,
      checks: asked.execution === 'none',
      delegateTo: text('delegate_to'),
      token: text('token'),
      proof: proof as string | undefined,
      asked,
    },
  };
}

/** Most come without one. */
function withoutProof(request: JsonObject) {
  if (request.proof === undefined) return { proof: undefined, asked: request };
  const { proof, ...asked } = request;
  return { proof, asked };
}

function contextOf(given: unknown): Read<Context | undefined> {
  if (given === undefined) return { ok: true, request: undefined };
  const read = readContext(given);
  return read.ok ? { ok: true, request: read.context } : read;
}

export interface ReadAttenuation extends ReadConstraints {
  readonly token: string;
  readonly seal: boolean;
}

export function readAttenuation(input: unknown): Read<ReadAttenuation> {
  const read = readFields(input, { token: 'token', caveats: 'object', seal: 'flag' });
  if (!read.ok) return read;
  const { token, caveats, seal } = read.request;
  if (token === undefined) return refuse('malformed_request', 'token is missing', '/token');
  if (caveats === undefined) return refuse('malformed_request', 'caveats is missing', '/caveats');
  const constraints = readConstraints(caveats, undefined);
  if (!constraints.ok) return constraints;
  return {
    ok: true,
    request: { ...constraints.request, token: token as string, seal: seal === true },
  };
}

export interface ReadInvocation {
  readonly token: string;
  readonly args: JsonObject;
  readonly proof: string | undefined;
  readonly responseMode: ResponseMode | undefined;
  /** What goes on to the action as it is: session, context, justification, idempotency_key, resume. */
  readonly rest: Readonly<JsonObject>;
  /** The request without its proof, and without how its result is sent: made for whoever needs it. */
  readonly asked: () => Readonly<JsonObject>;
}

const NO_ARGS: JsonObject = Object.freeze({});
const PASSED_ON = ['session', 'context', 'justification', 'idempotency_key', 'resume'] as const;
const ASKED = ['token', 'response_mode', ...PASSED_ON] as const;

function some(given: JsonObject, names: readonly string[]): JsonObject {
  const found = plainObject();
  for (const name of names) {
    const value = given[name];
    if (value !== undefined) found[name] = value;
  }
  return found;
}

const INVOCATION: Fields = Object.freeze({
  token: 'token',
  args: 'object',
  session: 'text',
  context: 'object',
  justification: 'prose',
  idempotency_key: 'text',
  resume: 'text',
  response_mode: 'text',
  stream: 'flag',
  proof: 'text',
});

export function readInvocation(input: unknown): Read<ReadInvocation> {
  const read = readFields(input, INVOCATION);
  if (!read.ok) return read;
  const given = read.request as JsonObject;
  const { token, args = NO_ARGS, proof, response_mode: mode } = given;
  if (token === undefined) return refuse('malformed_request', 'token is missing', '/token');
  if (mode !== undefined && !RESPONSE_MODES.has(mode as string)) {
    const message = `response_mode is one of ${[...RESPONSE_MODES].join(', ')}`;
    return refuse('malformed_request', message, '/response_mode');
  }
  return {
    ok: true,
    request: {
      token: token as string,
      args: args as JsonObject,
      proof: proof as string | undefined,
      responseMode: mode as ResponseMode | undefined,
      rest: some(given, PASSED_ON),
      asked: () => ({ ...some(given, ASKED), args }),
    },
  };
}

const TARGETS = ['grant', 'principal', 'capability', 'block'] as const;

export interface ReadRevocation {
  readonly target: { readonly [K in (typeof TARGETS)[number]]?: string };
  readonly reason: unknown;
}

export function readRevocation(input: unknown): Read<ReadRevocation> {
  const read = readFields(input, {
    grant: 'text',
    principal: 'text',
    capability: 'text',
    block: 'text',
    reason: 'prose',
  });
  if (!read.ok) return read;
  const { reason, ...target } = read.request;
  if (Object.keys(target).length !== 1)
    return refuse('malformed_request', `name one of ${TARGETS.join(', ')}`);
  return { ok: true, request: { target, reason } };
}

/** Of caveats that were read before. */
export const asRead = (caveats: Caveats): CaveatsRead => {
  const read = readCaveats(caveats);
  if (!read.ok) throw new Error(read.message);
  return read;
};
