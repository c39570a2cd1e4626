/**
 * What a denial is bound to by value: subject, resource, action and the session, as a hash in a signed token. It comes back with the access request, beside
 * the evaluation's record in the journal, which has to agree.
 */
import { hash } from 'node:crypto';
import { jcs } from '@portcullis/kernel';
import type { JsonObject } from '@portcullis/wire';
import type { Call } from '../route.ts';
import type { Evaluation } from '../schema/authzen.ts';
import type { RequestFault } from './fault.ts';
import { readSigned, signed } from './signed.ts';

export const ACCESS_REQUESTS = '/access/v1/requests';

export const endpointOf = ({ sidecar }: Call<unknown, unknown>): string =>
  `${sidecar.publicUrl()}${ACCESS_REQUESTS}`;

/** Members of `context` that a denial is about. */
const MEMBERS = ['session'] as const;

/** `evaluation_id` of a denied evaluation, which can be requested until then (milliseconds), as a token. */
export function bindingToken(
  call: Call<unknown, unknown>,
  evaluation: Evaluation,
  id: string,
  now: number,
  until: number,
): string {
  const members = MEMBERS.filter((name) => evaluation.context?.[name] !== undefined);
  return signed(call.sidecar.ownKey(), 'portcullis-denial+jwt', {
    iss: call.sidecar.publicUrl(),
    aud: endpointOf(call),
    iat: Math.floor(now / 1000),
    exp: Math.floor(until / 1000),
    jti: id,
    evaluation_id: id,
    denial_expires_at: new Date(until).toISOString(),
    binding_context_members: members,
    binding_hash: bindingHash(evaluation, members),
  });
}

interface Echoed {
  readonly evaluation_id?: string;
  readonly expires_at?: string;
  readonly binding_token?: string;
}

/** The evaluation that a submitted denial is of; with a token the token's, whatever stands beside it. */
export function deniedEvaluation(
  call: Call<unknown, unknown>,
  submitted: Evaluation,
  { evaluation_id: id, expires_at: expires, binding_token: token }: Echoed = {},
): { readonly id: string } | { readonly fault: RequestFault } {
  if (token === undefined) return id === undefined ? { fault: 'invalid_denial_binding' } : { id };
  const claims = readSigned(call.sidecar.ownKey(), 'portcullis-denial+jwt', token);
  const bound =
    claims !== undefined &&
    claims.iss === call.sidecar.publicUrl() &&
    claims.aud === endpointOf(call) &&
    (id === undefined || id === claims.evaluation_id) &&
    (expires === undefined || expires === claims.denial_expires_at) &&
    claims.binding_hash === bindingHash(submitted, claims.binding_context_members as string[]);
  if (!bound) return { fault: 'invalid_denial_binding' };
  if (call.sidecar.now() > Number(claims.exp) * 1000) return { fault: 'expired_denial' };
  return { id: claims.evaluation_id as string };
}

/** Denial Binding Claims, the hashed form: the actor in the subject's properties is no part of it. */
function bindingHash(
  { subject, resource, action, context = {} }: Evaluation,
  members: readonly string[],
): string {
  const { properties, ...rest } = subject;
  const { act: _, ...own } = properties ?? {};
  const bound = {
    subject: properties === undefined ? rest : { ...rest, properties: own },
    resource,
    action,
    context: Object.fromEntries(
      members.flatMap((name) => (context[name] === undefined ? [] : [[name, context[name]]])),
    ),
  } as unknown as JsonObject;
  return hash('sha256', jcs(bound), 'base64url');
}
