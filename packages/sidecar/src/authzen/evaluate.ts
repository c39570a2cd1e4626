/**
 * One AuthZEN evaluation, and what it says where people have to see the action first: the requestable denial and the re-evaluation of the Access Request
 * and Approval Profile. docs/authzen.md names the draft and the sections.
 */
import type { DecideRequest, Decision, JsonObject, Result } from '@portcullis/wire';
import type { Call } from '../route.ts';
import type { Evaluation } from '../schema/authzen.ts';
import { presented } from './approval.ts';
import { bindingToken } from './binding.ts';
import { toDecideRequest } from './request.ts';

/** Milliseconds from a requestable denial within which it can be requested. */
export const REQUESTABLE = 600_000;
/** Seconds after which somebody whose request people have not answered may look again. */
const PENDING_RETRY = 5;

/** An evaluation as it came, and as an action. */
interface Asked {
  readonly call: Call<unknown, unknown>;
  readonly evaluation: Evaluation;
  readonly request: DecideRequest;
}

interface Evaluated {
  readonly result: Result;
  readonly response: JsonObject;
}

export async function evaluate(
  call: Call<unknown, unknown>,
  evaluation: Evaluation,
): Promise<Evaluated> {
  const request = toDecideRequest(call, evaluation);
  const asked: Asked = { call, evaluation, request };
  const approval = presented(call, evaluation);
  if (approval === undefined) {
    const result = await decided(call, request);
    return { result, response: toResponse(asked, result) };
  }
  if ('refused' in approval) return withoutApproval(asked, approval.refused);
  return reevaluate(asked, approval.id);
}

async function decided(call: Call<unknown, unknown>, request: DecideRequest): Promise<Result> {
  const result = await call.kernel.decide(request);
  call.sidecar.decided(result.decision);
  return result;
}

/** A permit of an action that would be changed is no permit of the action that was asked about. */
const permits = (decision: Decision): boolean => decision.effect === 'permit';

export function toResponse(
  { call, evaluation }: Pick<Asked, 'call' | 'evaluation'>,
  { decision }: Result,
  more: JsonObject = {},
): JsonObject {
  if (permits(decision)) return { decision: true, context: { id: decision.id, ...more } };
  const { code, effect, id, reason, remedy } = decision;
  const context: JsonObject = { id, code, effect, reason_user: { en: reason } };
  if (remedy !== undefined) context.remedy = remedy;
  if (effect === 'require_approval') Object.assign(context, requestable(call, evaluation, id));
  return { decision: false, context: { ...context, ...more } };
}

/** Bound by reference, for the journal is what both roles share, and by value. */
function requestable(call: Call<unknown, unknown>, evaluation: Evaluation, id: string): JsonObject {
  const now = call.sidecar.now();
  const until = now + REQUESTABLE;
  return {
    evaluation_id: id,
    evaluated_at: new Date(now).toISOString(),
    reason: 'approval_required',
    access_request: {
      expires_at: new Date(until).toISOString(),
      binding_token: bindingToken(call, evaluation, id, now, until),
    },
  };
}

export const presentsApproval = ({ context }: Evaluation): boolean =>
  context?.approval !== undefined;

/**
 * Section 8. What is approved once permits once: the check that comes true takes the approval up, and its answer holds the permit. An approval that does
 * not apply leaves the evaluation as it were without it.
 */
async function reevaluate(asked: Asked, approval: string): Promise<Evaluated> {
  const { call, request } = asked;
  const resumed = { ...request, resume: approval };
  const check = await decided(call, resumed);
  if (check.decision.effect === 'require_approval') {
    const more = { reason: 'approval_pending', next_action: 'retry', retry_after: PENDING_RETRY };
    const { decision, context } = toResponse(asked, check) as {
      decision: boolean;
      context: JsonObject;
    };
    const { access_request: _, ...waiting } = context;
    return { result: check, response: { decision, context: { ...waiting, ...more } } };
  }
  if (!permits(check.decision)) return refused(asked, check);
  const result = await decided(call, { ...resumed, execution: 'host' });
  if (!permits(result.decision)) return refused(asked, result);
  const { permit } = result;
  const more = { approval: { id: approval }, ...(permit === undefined ? {} : { permit }) };
  return { result, response: toResponse(asked, result, more) };
}

/** Section 8's reasons, by the code of the refusal. */
const REASONS: Readonly<Record<string, string>> = Object.freeze({
  approval_expired: 'approval_expired',
  approval_used: 'approval_expired',
  approval_void: 'out_of_scope',
  unknown_approval: 'approval_unverifiable',
});

async function refused(asked: Asked, refusal: Result): Promise<Evaluated> {
  const { effect, code, retry_after: after } = refusal.decision;
  const reason = REASONS[code];
  if (reason === undefined) {
    const retry =
      effect === 'defer'
        ? { next_action: 'retry', ...(after === undefined ? {} : { retry_after: after }) }
        : { next_action: 'none' };
    const more = { reason: effect === 'defer' ? code : 'policy_denied', ...retry };
    return { result: refusal, response: toResponse(asked, refusal, more) };
  }
  return withoutApproval(asked, reason);
}

async function withoutApproval(asked: Asked, reason: string): Promise<Evaluated> {
  const result = await decided(asked.call, asked.request);
  const requestable = result.decision.effect === 'require_approval';
  if (permits(result.decision)) return { result, response: toResponse(asked, result) };
  const more = { reason, next_action: requestable ? 'request' : 'none' };
  return { result, response: toResponse(asked, result, more) };
}
