/**
 * Every code that Portcullis answers with, as one table: HTTP status, title, retry class, and a remedy
 * where one holds for every case. The code is the contract; the title may change.
 */
import type { RetryClass } from '@portcullis/wire';

export interface CodeInfo {
  /** HTTP status where the code is a problem document; a decision is always 200. */
  readonly status: number;
  readonly title: string;
  readonly retry: RetryClass;
  readonly remedy?: string;
}

const code = (status: number, title: string, retry: RetryClass, remedy?: string): CodeInfo =>
  Object.freeze(remedy === undefined ? { status, title, retry } : { status, title, retry, remedy });

export const CODES = Object.freeze({
  // decided
  permitted: code(200, 'permitted', 'never'),
  modified: code(200, 'permitted with changes', 'never', 'The action that ran is in the result.'),
  approval_required: code(200, 'a person has to approve this', 'after_approval'),
  approvals_full: code(200, 'too many actions wait for an approval', 'later'),
  outcomes_full: code(
    200,
    'too many permitted actions wait for their outcome',
    'later',
    'Report the outcomes of what was permitted.',
  ),
  approval_denied: code(200, 'a person said no', 'after_change'),
  approval_expired: code(
    200,
    'the time to approve or resume it is over',
    'after_change',
    'Ask again.',
  ),
  approval_used: code(200, 'its approval was used before', 'after_change', 'Ask again.'),
  approval_void: code(200, 'what was approved is something else', 'after_change', 'Ask again.'),
  unknown_approval: code(200, 'no action of this id is held for this principal', 'after_change'),
  not_an_approver: code(403, 'this is for others to approve', 'never'),
  self_approval: code(403, 'nobody approves or releases what is its own', 'never'),
  judge_unavailable: code(200, 'a judgement is required and no judge is configured', 'later'),
  deferred: code(200, 'not now', 'later'),
  frozen: code(200, 'everything is denied until an administrator lifts the freeze', 'later'),

  // admission
  malformed_request: code(400, 'the request is not well-formed', 'after_change'),
  unknown_field: code(400, 'the request has an unknown field', 'after_change'),
  duplicate_key: code(400, 'an object names a key twice', 'after_change'),
  inexact_number: code(
    400,
    'a number is not an exact double',
    'after_change',
    'Send the number as a string.',
  ),
  invalid_text: code(400, 'a text is not well-formed Unicode', 'after_change'),
  too_deep: code(400, 'the request nests too deep', 'after_change'),
  too_large: code(413, 'the request is too large', 'after_change'),
  invalid_action: code(400, 'the action name is not well-formed', 'after_change'),
  invalid_resource: code(400, 'the resource is not well-formed', 'after_change'),
  restated_resource: code(
    400,
    'a parameter restates the resource',
    'after_change',
    'Name the resource once.',
  ),
  unknown_action: code(200, 'no provider executes this action', 'after_change'),
  invalid_params: code(200, 'the parameters do not fit the action', 'after_change'),

  // identity
  unauthenticated: code(401, 'the credential is missing or not known', 'after_change'),
  principal_mismatch: code(403, 'the credential may not act as this principal', 'after_change'),
  assertion_not_allowed: code(403, 'the credential may not assert this', 'after_change'),
  forbidden: code(403, 'the credential has no right to this', 'after_change'),
  not_found: code(404, 'there is no such thing, or not for this credential', 'after_change'),

  // session
  unknown_session: code(
    404,
    'there is no such session',
    'after_change',
    'Open a session, or leave the field out.',
  ),
  session_closed: code(200, 'the session is closed', 'after_change', 'Open a new session.'),
  session_quarantined: code(
    200,
    'the session is quarantined',
    'later',
    'An administrator can release it.',
  ),

  invalidated: code(
    200,
    'the session, or who acts in it, is invalidated',
    'after_change',
    'Open a new session; where that is refused too, ask an administrator.',
  ),
  drift_violation: code(
    200,
    'the session is too far from where it began',
    'after_change',
    'Open a new session.',
  ),
  drift_detected: code(
    200,
    'too much about the session has changed',
    'after_change',
    'Open a new session.',
  ),

  // rules
  no_matching_rule: code(200, 'nothing permits this', 'after_change'),
  denied_by_rule: code(200, 'a rule denies this', 'after_change'),
  invariant_violated: code(200, 'a hard limit denies this', 'after_change'),
  rate_limited: code(200, 'the rate for this is used up', 'later'),
  behaviour_denied: code(200, 'the order of calls in this session denies this', 'after_change'),
  budget_exhausted: code(200, 'a budget for this is used up', 'later'),
  budget_unknown: code(200, 'what this costs cannot be read', 'after_change'),
  modify_loop: code(200, 'the changed action would be changed again', 'after_change'),
  stage_unavailable: code(200, 'the policy asks for a stage that is not there', 'never'),

  // grants
  unknown_capability: code(
    404,
    'there is no such capability',
    'after_change',
    'Ask which capabilities there are.',
  ),
  grant_required: code(200, 'this needs a grant', 'after_change', 'Ask for a grant and use it.'),
  justification_required: code(
    200,
    'this needs a reason, and one that is long enough',
    'after_change',
    'Say why, in a justification.',
  ),
  grant_too_wide: code(
    200,
    'no grant may last this long or have this many uses',
    'after_change',
    'Ask for less time or fewer uses.',
  ),
  grants_full: code(
    200,
    'there are too many live grants',
    'later',
    'Use the grants there are, or wait for some to expire.',
  ),
  token_invalid: code(200, 'the token is not one of ours', 'after_change', 'Ask for a grant.'),
  token_expired: code(200, 'the token has expired', 'after_change', 'Ask for a grant.'),
  token_not_yet_valid: code(200, 'the token is not valid yet', 'later'),
  token_revoked: code(200, 'the token was revoked', 'after_change'),
  token_exhausted: code(200, 'the token has no uses left', 'after_change', 'Ask for a grant.'),
  token_scope: code(200, 'the token is for something else', 'after_change', 'Ask for a grant.'),
  proof_required: code(
    200,
    'the token needs a proof of its key',
    'after_change',
    'Sign the request with the key that the token names.',
  ),
  proof_invalid: code(200, 'the proof does not hold for this request', 'after_change'),

  // frames
  raw_not_allowed: code(
    200,
    'the credential has no role that sees results whole',
    'after_change',
    'Ask for a table or a summary, and expand its handle.',
  ),
  unknown_handle: code(404, 'there is no such handle, or not for this credential', 'after_change'),
  handle_expired: code(
    410,
    'what the handle named is no longer kept',
    'after_change',
    'Ask for the result again.',
  ),
  handle_exhausted: code(409, 'the rows that this handle may show are used up', 'after_change'),

  // execution
  no_provider: code(
    200,
    'nothing here executes this action',
    'after_change',
    'Decide, then execute it in the host.',
  ),
  provider_error: code(200, 'the provider failed', 'after_change'),
  provider_refused: code(200, 'the provider refused', 'after_change'),
  outside_permit: code(200, 'what was found is not what was permitted', 'after_change'),
  timeout: code(200, 'the time for this ran out', 'later'),
  cancelled: code(200, 'the caller went away', 'later'),
  output_too_large: code(200, 'the output is larger than is allowed', 'after_change'),
  sandbox_unavailable: code(200, 'the sandbox that is required is not there', 'never'),
  unsafe_platform: code(200, 'this platform cannot do this safely', 'never'),
  not_reported: code(200, 'the host did not report in time', 'never'),
  unknown_outcome: code(
    200,
    'nobody knows whether this happened',
    'never',
    'An administrator can resolve it.',
  ),

  // permits
  permit_ok: code(200, 'the permit is valid', 'never'),
  permit_invalid: code(200, 'the permit is not one of ours', 'after_change'),
  permit_expired: code(200, 'the permit has expired', 'after_change', 'Decide again.'),
  permit_used: code(200, 'the permit was used', 'after_change', 'Decide again.'),
  permit_mismatch: code(200, 'the permit is for something else', 'after_change'),

  // faults
  journal_unavailable: code(503, 'the journal cannot be written', 'later'),
  store_unavailable: code(503, 'a store did not answer', 'later'),
  kernel_fault: code(500, 'the kernel failed', 'later'),
  idempotency_conflict: code(409, 'the idempotency key belongs to another action', 'after_change'),
  conflict: code(409, 'the state does not allow this', 'after_change'),
  invalid_policy: code(422, 'the policy does not load', 'after_change'),
  policy_not_managed: code(409, 'the policy is a file and is changed there', 'never'),
  already_running: code(409, 'another process has this data directory open', 'never'),

  // transport
  method_not_allowed: code(405, 'the route does not take this method', 'after_change'),
  unsupported_media_type: code(415, 'the body must be application/json', 'after_change'),
  misdirected: code(421, 'the Host or Origin is not one of ours', 'after_change'),
  too_many_requests: code(429, 'the rate of this credential is used up', 'later'),
  draining: code(503, 'the sidecar is shutting down', 'later'),
  unavailable: code(503, 'the sidecar cannot be reached', 'later'),
  bad_response: code(502, 'what answered does not speak this wire', 'later'),
} satisfies Record<string, CodeInfo>);

export type Code = keyof typeof CODES;

/** A fault or a refusal that a verb throws; the wire turns it into a problem document. */
export class PortcullisError extends Error {
  override readonly name = 'PortcullisError';
  readonly code: Code;
  readonly retryAfter: number | undefined;
  /** The record that the refusal left, where it left one. */
  readonly record: { seq: number; hash: string } | undefined;

  constructor(
    code: Code,
    detail?: string,
    more: { retryAfter?: number; record?: { seq: number; hash: string }; cause?: unknown } = {},
  ) {
    super(
      detail ?? CODES[code].title,
      more.cause === undefined ? undefined : { cause: more.cause },
    );
    this.code = code;
    this.retryAfter = more.retryAfter;
    this.record = more.record;
  }
}
