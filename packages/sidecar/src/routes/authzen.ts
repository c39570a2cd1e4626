/**
 * OpenID AuthZEN Authorization API 1.0: decisions, no permits (`execution: none`). The subject is held to what the key may assert;
 * members that have no meaning here are ignored, as section 10.1.1 demands, and attributes come from the key, never from the request.
 */
import { CODES, type Code, PortcullisError } from '@portcullis/kernel';
import type { DecideRequest, Decision, Json, JsonObject, Result } from '@portcullis/wire';
import { json, jsonWith } from '../http/answer.ts';
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

/** Families whose resource names itself; of others, the type is the first segment. */
const FAMILIES = new Set(['fs', 'http', 'proc', 'mcp', 'other']);
const CONTEXT_TEXT = [
  'ip',
  'country',
  'region',
  'city',
  'device',
  'user_agent',
  'on_behalf_of',
] as const;
const CONTEXT_NUMBERS = ['latitude', 'longitude'] as const;

/** The action that an evaluation asks about. */
function toDecideRequest(call: Call<unknown, unknown>, evaluation: Evaluation): DecideRequest {
  const { subject, action, resource, context = {} } = evaluation;
  const asserted: JsonObject = {};
  const own = call.credential.caller.principal;
  // Whether this key may speak for the subject is the kernel's to say.
  if (subject.id !== own.id || subject.type !== own.kind) {
    asserted.principal = subject.id;
    asserted.kind = subject.type;
  }
  const { roles, ip_address: ip, device_id: device } = (subject.properties ?? {}) as JsonObject;
  if (roles !== undefined) asserted.roles = roles;
  if (ip !== undefined) asserted.ip = ip;
  if (device !== undefined) asserted.device = device;
  for (const name of [...CONTEXT_TEXT, ...CONTEXT_NUMBERS]) {
    const value = context[name];
    if (value !== undefined) asserted[name] = value;
  }
  const params: JsonObject = { ...action.properties };
  if (resource.properties !== undefined) {
    if ('resource' in params) {
      throw new PortcullisError('malformed_request', 'action and resource both bring a `resource`');
    }
    params.resource = resource.properties;
  }
  const session = context.session;
  return {
    action: action.name,
    resource: FAMILIES.has(resource.type) ? resource.id : `${resource.type}/${resource.id}`,
    params,
    execution: 'none',
    ...(Object.keys(asserted).length === 0
      ? {}
      : { context: asserted as DecideRequest['context'] & object }),
    ...(session === undefined ? {} : { session: session as string }),
  };
}

/** A permit of an action that would be changed is no permit of the action that was asked about. */
const permits = (decision: Decision): boolean => decision.effect === 'permit';

function toResponse({ decision }: Result): JsonObject {
  if (permits(decision)) return { decision: true, context: { id: decision.id } };
  const { code, effect, id, reason, remedy } = decision;
  const context: JsonObject = { id, code, effect, reason_user: { en: reason } };
  if (remedy !== undefined) context.remedy = remedy;
  return { decision: false, context };
}

const isRefused = (result: Result): boolean =>
  result.action === undefined && CODES[result.decision.code as Code]?.status !== 200;

async function decideOne(call: Call<unknown, unknown>, evaluation: Evaluation): Promise<Response> {
  const result = await call.kernel.decide(toDecideRequest(call, evaluation));
  call.sidecar.decided(result.decision.effect, result.decision.code);
  if (!isRefused(result)) return reply(call, toResponse(result));
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
  const requests = members.map((member) => toDecideRequest(call, member));
  const semantic = call.body.options?.evaluations_semantic ?? 'execute_all';
  const results: Result[] = [];
  if (semantic === 'execute_all') results.push(...(await call.kernel.decideBatch(requests)));
  else {
    const stopAt = semantic === 'permit_on_first_permit';
    for (const request of requests) {
      const result = await call.kernel.decide(request);
      results.push(result);
      if (permits(result.decision) === stopAt) break;
    }
  }
  for (const { decision } of results) call.sidecar.decided(decision.effect, decision.code);
  return reply(call, { evaluations: results.map(toResponse) });
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
    summary: 'AuthZEN 1.0: one decision, no permit.',
    access: ['decide'],
    body: evaluationRequest,
    answer: evaluationResponse,
    handle: (call) => decideOne(call, call.body),
  }),
  route({
    method: 'POST',
    path: '/access/v1/evaluations',
    summary: 'AuthZEN 1.0: many decisions, no permits.',
    access: ['decide'],
    body: evaluationsRequest,
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
      });
    },
  }),
];
