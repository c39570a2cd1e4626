/**
 * One AuthZEN evaluation, and what it says where people have to see the action first: the requestable denial and the re-evaluation of the Access Request
 * and Approval Profile. docs/authzen.md names the draft and the sections.
 */
import type { DecideRequest, Decision, JsonObject, Result } from '@portcullis/wire';
import type { Call } from '../route.ts';
import type { Evaluation } from '../schema/authzen.ts';
import { toDecideRequest } from './request.ts';

/** Milliseconds from a requestable denial within which it can be requested. */
export const REQUESTABLE = 600_000;
/** Seconds after which somebody whose request people have not answered may look again. */
const PENDING_RETRY = 5;

interface Evaluated {
  readonly result: Result;
  readonly response: JsonObject;
}

export async function evaluate(
  call: Call<unknown, unknown>,
  evaluation: Evaluation,
): Promise<Evaluated> {
  const request = toDecideRequest(call, evaluation);
  const approval = approvalOf(evaluation);
  if (approval === undefined) {
    const result = await decided(call, request);
    return { result, response: toResponse(call, result) };
  }
  if (approval === NONE) {
    return withoutApproval(call, request, 'approval_unverifiable');
  }
  return reevaluate(call, request, approval);
}

async function decided(call: Call<unknown, unknown>, request: DecideRequest): Promise<Result> {
  const result = await call.kernel.decide(request);
  call.sidecar.decided(result.decision.effect, result.decision.code);
  return result;
}

/** A permit of an action that would be changed is no permit of the action that was asked about. */
const permits = (decision: Decision): boolean => decision.effect === 'permit';

export function toResponse(
  call: Call<unknown, unknown>,
  { decision }: Result,
  more: JsonObject = {},
): JsonObject {
  if (permits(decision)) return { decision: true, context: { id: decision.id, ...more } };
  const { code, effect, id, reason, remedy } = decision;
  const context: JsonObject = { id, code, effect, reason_user: { en: reason } };
  if (remedy !== undefined) context.remedy = remedy;
  if (effect === 'require_approval') Object.assign(context, requestable(id, call.sidecar.now()));
  return { decision: false, context: { ...context, ...more } };
}

/** Sections 5.1 and 5.2: bound by reference, for the journal is what both roles share. */
function requestable(id: string, now: number): JsonObject {
  return {
    evaluation_id: id,
    evaluated_at: new Date(now).toISOString(),
    reason: 'approval_required',
    access_request: { expires_at: new Date(now + REQUESTABLE).toISOString() },
  };
}

export const presentsApproval = (evaluation: Evaluation): boolean =>
  approvalOf(evaluation) !== undefined;

/** What is presented is no approval. */
const NONE = '';
const ID = /^[A-Za-z0-9_.-]{1,128}$/;

function approvalOf({ context }: Evaluation): string | undefined {
  const approval = context?.approval as JsonObject | null | undefined;
  if (approval === undefined) return undefined;
  const id = approval?.id;
  return typeof id === 'string' && ID.test(id) ? id : NONE;
}

/**
 * Section 8. What is approved once permits once: the check that comes true takes the approval up, and its answer holds the permit. An approval that does
 * not apply leaves the evaluation as it were without it.
 */
async function reevaluate(
  call: Call<unknown, unknown>,
  request: DecideRequest,
  approval: string,
): Promise<Evaluated> {
  const resumed = { ...request, resume: approval };
  const check = await decided(call, resumed);
  if (check.decision.effect === 'require_approval') {
    const more = { reason: 'approval_pending', next_action: 'retry', retry_after: PENDING_RETRY };
    const { decision, context } = toResponse(call, check) as {
      decision: boolean;
      context: JsonObject;
    };
    const { access_request: _, ...waiting } = context;
    return { result: check, response: { decision, context: { ...waiting, ...more } } };
  }
  if (!permits(check.decision)) return refused(call, request, check);
  const result = await decided(call, { ...resumed, execution: 'host' });
  if (!permits(result.decision)) return refused(call, request, result);
  const { permit } = result;
  const more = { approval: { id: approval }, ...(permit === undefined ? {} : { permit }) };
  return { result, response: toResponse(call, result, more) };
}

/** Section 8's reasons, by the code of the refusal. */
const REASONS: Readonly<Record<string, string>> = Object.freeze({
  approval_expired: 'approval_expired',
  approval_used: 'approval_expired',
  approval_void: 'out_of_scope',
  unknown_approval: 'approval_unverifiable',
});

async function refused(
  call: Call<unknown, unknown>,
  request: DecideRequest,
  refusal: Result,
): Promise<Evaluated> {
  const { effect, code, retry_after: after } = refusal.decision;
  const reason = REASONS[code];
  if (reason === undefined) {
    const retry =
      effect === 'defer'
        ? { next_action: 'retry', ...(after === undefined ? {} : { retry_after: after }) }
        : { next_action: 'none' };
    const more = { reason: effect === 'defer' ? code : 'policy_denied', ...retry };
    return { result: refusal, response: toResponse(call, refusal, more) };
  }
  return withoutApproval(call, request, reason);
}

async function withoutApproval(
  call: Call<unknown, unknown>,
  request: DecideRequest,
  reason: string,
): Promise<Evaluated> {
  const result = await decided(call, request);
  const requestable = result.decision.effect === 'require_approval';
  if (permits(result.decision)) return { result, response: toResponse(call, result) };
  const more = { reason, next_action: requestable ? 'request' : 'none' };
  return { result, response: toResponse(call, result, more) };
}
