/** AuthZEN's Access Request and Approval Profile over approvals: a denial that people can lift is requested, looked after and cancelled here. */
import { type Code, PortcullisError } from '@portcullis/kernel';
import type { Approval } from '@portcullis/wire';
import { unlessAbsent } from '../absent.ts';
import { verifyActor } from '../authzen/actor.ts';
import { ACCESS_REQUESTS, deniedEvaluation, endpointOf } from '../authzen/binding.ts';
import { denialFault, evaluationRecord } from '../authzen/denial.ts';
import type { RequestFault } from '../authzen/fault.ts';
import { rememberKey, taskOfKey } from '../authzen/idempotency.ts';
import { toDecideRequest } from '../authzen/request.ts';
import { taskOf } from '../authzen/tasks.ts';
import { jsonWith } from '../http/answer.ts';
import { type Call, type Route, route } from '../route.ts';
import {
  type AccessRequest,
  accessRequest,
  accessTask,
  cancellation,
  evaluationRequest,
} from '../schema/authzen.ts';

export const ACCESS_REQUEST_CAPABILITY = 'urn:openid:authzen:capability:access-request';

/** Error Responses: of each the status, our code, and what it says. */
const FAULTS: Readonly<Record<RequestFault, readonly [status: number, code: Code, title: string]>> =
  Object.freeze({
    not_requestable: [400, 'malformed_request', 'the denial cannot be requested'],
    invalid_denial_binding: [
      400,
      'malformed_request',
      'the request is not for the evaluation that was denied',
    ],
    expired_denial: [410, 'approval_expired', 'the denial can no longer be requested'],
    duplicate_request: [409, 'conflict', 'the idempotency key was used for another request'],
    unknown_task: [404, 'not_found', 'no task of this id'],
    invalid_task_state: [409, 'conflict', 'the task is over'],
  });

function fault(fault: RequestFault): Response {
  const [status, code, title] = FAULTS[fault];
  const type = `urn:openid:authzen:access-request:error:${fault}`;
  const headers = { 'content-type': 'application/problem+json' };
  return jsonWith(status, { type, title, status, code }, headers);
}

function answer(call: Call<unknown, unknown>, approval: Approval, status = 200): Response {
  const endpoint = endpointOf(call);
  const headers: Record<string, string> =
    status === 202 ? { location: `${endpoint}/${approval.id}` } : {};
  return jsonWith(status, taskOf(call, approval, endpoint), headers);
}

async function request(call: Call<AccessRequest, unknown>): Promise<Response> {
  const { body, credential, kernel } = call;
  const now = call.sidecar.now();
  const key = call.incoming.headers['idempotency-key'];
  const known = typeof key === 'string' ? taskOfKey(credential, key, body, now) : undefined;
  if (known === 'other') return fault('duplicate_request');
  if (known !== undefined) return status(call, known.task, 202);

  const { items, callback, client, denial, ...rest } = body;
  if (items !== undefined || callback !== undefined)
    throw new PortcullisError('malformed_request', 'items and callback are not taken here');
  const evaluation = evaluationRequest.safeParse(rest);
  if (!evaluation.success)
    throw new PortcullisError(
      'malformed_request',
      'a subject, an action and a resource are required',
    );
  verifyActor(call, client);
  const of = deniedEvaluation(call, evaluation.data, denial);
  if ('fault' in of) return fault(of.fault);

  const asked = toDecideRequest(call, evaluation.data);
  const check = await kernel.decide(asked);
  const { host } = call.sidecar;
  const { caller } = credential;
  const wrong = denialFault(
    await evaluationRecord(host, caller, of.id),
    await evaluationRecord(host, caller, check.decision.id),
    now,
  );
  if (wrong !== undefined) return fault(wrong);

  const justification = evaluation.data.context?.business_justification;
  const held = await kernel.decide({
    ...asked,
    execution: 'host',
    ...(typeof justification === 'string' ? { justification } : {}),
  });
  call.sidecar.decided(held.decision);
  if (held.decision.effect === 'defer')
    throw new PortcullisError('approvals_full', held.decision.reason);
  if (held.approval === undefined) return fault('not_requestable');
  if (typeof key === 'string') rememberKey(credential, key, body, held.approval.id, now);
  return status(call, held.approval.id, 202);
}

async function status(call: Call<unknown, unknown>, id: string, code = 200): Promise<Response> {
  const found = await find(call, id);
  return found === undefined ? fault('unknown_task') : answer(call, found, code);
}

const find = (call: Call<unknown, unknown>, id: string): Promise<Approval | undefined> =>
  unlessAbsent(call.kernel.approval(id));

async function cancel(call: Call<unknown, unknown>, id: string): Promise<Response> {
  const found = await find(call, id);
  if (found === undefined) return fault('unknown_task');
  if (found.status !== 'open') return fault('invalid_task_state');
  return answer(call, await call.kernel.withdrawApproval(id));
}

export const accessRequestRoutes: readonly Route[] = [
  route({
    method: 'POST',
    path: ACCESS_REQUESTS,
    summary: 'AuthZEN access requests: ask people to lift a denial that can be requested.',
    access: ['decide'],
    body: accessRequest,
    answer: accessTask,
    handle: request,
  }),
  route({
    method: 'GET',
    path: `${ACCESS_REQUESTS}/{id}`,
    summary: 'AuthZEN access requests: how it stands.',
    access: ['decide'],
    answer: accessTask,
    handle: (call) => status(call, call.params.id as string),
  }),
  route({
    method: 'POST',
    path: `${ACCESS_REQUESTS}/{id}/cancel`,
    summary: 'AuthZEN access requests: withdraw one that waits.',
    access: ['decide'],
    body: cancellation,
    absentBody: {},
    answer: accessTask,
    handle: (call) => cancel(call, call.params.id as string),
  }),
];
