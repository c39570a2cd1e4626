/**
 * OpenID AuthZEN Authorization API 1.0: decisions (`execution: none`), and a permit only where one takes an approval up. The subject is held to what the key may assert;
 * members that have no meaning here are ignored, as section 10.1.1 demands, and attributes come from the key, never from the request.
 */
import { type Code, PortcullisError } from '@portcullis/kernel';
import type { Json, JsonObject } from '@portcullis/wire';
import { ACCESS_REQUESTS } from '../authzen/binding.ts';
import { evaluate, presentsApproval, toResponse } from '../authzen/evaluate.ts';
import { toDecideRequest } from '../authzen/request.ts';
import { json, jsonWith, neverAnAction } from '../http/answer.ts';
import { type Call, type Route, route } from '../route.ts';
import {
  authzenConfiguration,
  type Evaluation,
  type Evaluations,
  evaluationRequest,
  evaluationResponse,
  evaluationsRequest,
  evaluationsResponse,
} from '../schema/authzen.ts';
import { ACCESS_REQUEST_CAPABILITY } from './access-requests.ts';

async function decideOne(call: Call<unknown, unknown>, evaluation: Evaluation): Promise<Response> {
  const { result, response } = await evaluate(call, evaluation);
  if (!neverAnAction(result)) return reply(call, response);
  const { code, reason } = result.decision;
  throw new PortcullisError(
    code as Code,
    reason,
    result.record === undefined ? {} : { record: result.record },
  );
}

/** The members of a batch, defaults filled in; one that lacks a required member makes the whole malformed. */
function membersOf(body: Evaluations): Evaluation[] {
  return (body.evaluations ?? []).map((own, at) => {
    const merged = { ...defaultsOf(body), ...own };
    const parsed = evaluationRequest.safeParse(merged);
    if (parsed.success) return parsed.data;
    throw new PortcullisError(
      'malformed_request',
      `evaluations/${at} lacks a subject, action or resource`,
    );
  });
}

function defaultsOf({ subject, action, resource, context }: Evaluations): JsonObject {
  const all = { subject, action, resource, context };
  return Object.fromEntries(
    Object.entries(all).filter(([, value]) => value !== undefined),
  ) as JsonObject;
}

async function decideMany(call: Call<Evaluations, unknown>): Promise<Response> {
  const members = membersOf(call.body);
  if (members.length === 0) {
    const single = evaluationRequest.safeParse(call.body);
    if (single.success) return decideOne(call, single.data);
    throw new PortcullisError(
      'malformed_request',
      'a subject, an action and a resource are required',
    );
  }
  const semantic = call.body.options?.evaluations_semantic ?? 'execute_all';
  if (semantic === 'execute_all' && !members.some(presentsApproval)) {
    const requests = members.map((member) => toDecideRequest(call, member));
    const results = await call.kernel.decideBatch(requests);
    for (const { decision } of results) call.sidecar.decided(decision);
    const evaluations = results.map((result, at) =>
      toResponse({ call, evaluation: members[at] as Evaluation }, result),
    );
    return reply(call, { evaluations });
  }
  const responses: JsonObject[] = [];
  for (const member of members) {
    const { response } = await evaluate(call, member);
    responses.push(response);
    if (semantic !== 'execute_all' && response.decision === (semantic === 'permit_on_first_permit'))
      break;
  }
  return reply(call, { evaluations: responses });
}

/** Section 10.1.3: a request's identifier comes back with its answer. */
function reply(call: Call<unknown, unknown>, value: Json): Response {
  const id = call.incoming.headers['x-request-id'];
  if (typeof id !== 'string' || !/^[\x21-\x7e]{1,256}$/.test(id)) return json(value);
  return jsonWith(200, value, { 'x-request-id': id });
}

export const authzenRoutes: readonly Route[] = [
  route({
    method: 'POST',
    path: '/access/v1/evaluation',
    summary: 'AuthZEN 1.0: one decision; a permit only where it takes an approval up.',
    access: ['decide'],
    body: evaluationRequest,
    answer: evaluationResponse,
    handle: (call) => decideOne(call, call.body),
  }),
  route({
    method: 'POST',
    path: '/access/v1/evaluations',
    summary: 'AuthZEN 1.0: many decisions.',
    access: ['decide'],
    body: evaluationsRequest,
    counts: ({ evaluations = [] }) => evaluations.length,
    answer: evaluationsResponse,
    handle: decideMany,
  }),
  route({
    method: 'GET',
    path: '/.well-known/authzen-configuration',
    summary: 'AuthZEN 1.0: where the endpoints are.',
    access: 'public',
    answer: authzenConfiguration,
    handle: ({ sidecar }) => {
      const base = sidecar.publicUrl();
      return json({
        policy_decision_point: base,
        access_evaluation_endpoint: `${base}/access/v1/evaluation`,
        access_evaluations_endpoint: `${base}/access/v1/evaluations`,
        access_request_endpoint: `${base}${ACCESS_REQUESTS}`,
        jwks_uri: `${base}/.well-known/jwks.json`,
        capabilities: [ACCESS_REQUEST_CAPABILITY],
      });
    },
  }),
];
