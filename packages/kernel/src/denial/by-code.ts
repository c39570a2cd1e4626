/** What helps with a code where nothing more is known of the action: never more than holds in every case. */
import type { Help, HelpKind } from '@portcullis/wire';
import type { Code } from '../errors.ts';

type By = NonNullable<NonNullable<Help['after']>['by']>;
type Known = readonly [retry: HelpKind, more?: { argument?: string; by?: By }];

const later = (by: By): Known => ['after', { by }];
const change = (argument?: string): Known =>
  argument === undefined ? ['change_arguments'] : ['change_arguments', { argument }];

/** Codes that are not named here never get better by asking. */
const KNOWN: { readonly [C in Code]?: Known } = Object.freeze({
  approval_required: ['after_approval'],
  approvals_full: ['after'],
  outcomes_full: ['after'],
  approval_expired: change('/resume'),
  approval_used: change('/resume'),
  approval_void: change('/resume'),
  unknown_approval: change('/resume'),
  judge_unavailable: later('administrator'),
  deferred: ['after'],
  frozen: later('administrator'),
  malformed_request: change(),
  unknown_field: change(),
  duplicate_key: change(),
  inexact_number: change(),
  invalid_text: change(),
  too_deep: change(),
  too_large: change(),
  invalid_action: change('/action'),
  unknown_action: change('/action'),
  invalid_resource: change('/resource'),
  restated_resource: change(),
  invalid_params: change(),
  principal_mismatch: change('/context'),
  assertion_not_allowed: change('/context'),
  unknown_session: change('/session'),
  session_quarantined: later('administrator'),
  rate_limited: ['after'],
  budget_unknown: change(),
  unknown_capability: change('/capability'),
  grant_required: ['get_grant'],
  justification_required: change('/justification'),
  grant_too_wide: change('/constraints'),
  grants_full: ['after'],
  token_invalid: ['get_grant'],
  token_expired: ['get_grant'],
  token_exhausted: ['get_grant'],
  token_revoked: ['get_grant'],
  token_scope: ['get_grant'],
  token_not_yet_valid: ['after'],
  proof_required: change('/proof'),
  proof_invalid: change('/proof'),
  raw_not_allowed: change('/response_mode'),
  timeout: ['after'],
  journal_unavailable: later('operator'),
  store_unavailable: later('operator'),
  kernel_fault: later('operator'),
  draining: later('operator'),
});

export function helpByCode(code: Code): Help {
  const [retry, { argument, by } = {}] = KNOWN[code] ?? ['never'];
  return {
    code,
    retry,
    ...(by === undefined ? {} : { after: { by } }),
    ...(argument === undefined ? {} : { arguments: [{ argument }] }),
  };
}

const NEVER = new Map<Code, Help>();

/** One object for each code. */
export function never(code: Code): Help {
  let help = NEVER.get(code);
  if (help === undefined) {
    help = Object.freeze({ code, retry: 'never' } as const);
    NEVER.set(code, help);
  }
  return help;
}

export const afterSeconds = (code: Code, seconds: number, now: number): Help => ({
  code,
  retry: 'after',
  after: { seconds, at: new Date(now + seconds * 1_000).toISOString() },
});
