/** What comes of asking: decisions, outcomes, frames, permits. */
import type {
  ApprovalRef,
  ArgumentHelp,
  CanonicalAction,
  Decision,
  DecisionDetail,
  Frame,
  GuardAnswer,
  Help,
  InvalidationScope,
  Outcome,
  OutcomeAnswer,
  OutcomeError,
  PermitClaims,
  PermitStatus,
  Resource,
  Result,
  StreamFrame,
} from '@portcullis/wire';
import {
  anyObject,
  anything,
  count,
  flag,
  list,
  number,
  object,
  oneOf,
  optional,
  text,
} from '../shape.ts';
import { approvalMembers, effect, invalidationMembers, label, mode, recordRef } from './common.ts';

const guardAnswer = object<GuardAnswer>({
  guard: text,
  answer: oneOf('pass', 'demand', 'require_approval', 'deny', 'defer'),
  code: optional(text),
  note: optional(text),
});
const detail = object<DecisionDetail>({
  guard: text,
  rule: optional(text),
  rule_reason: optional(text),
  policy: text,
  labels: list(label),
  guards: list(guardAnswer),
});
const argumentHelp = object<ArgumentHelp>({
  argument: text,
  permitted: optional(list(anyObject)),
  unless: optional(list(anyObject)),
  partial: optional(flag),
  example: optional(anything),
});
export const help = object<Help>({
  code: text,
  retry: oneOf('never', 'after', 'after_approval', 'change_arguments', 'get_grant', 'new_session'),
  after: optional(
    object<NonNullable<Help['after']>>({
      seconds: optional(number),
      at: optional(text),
      by: optional(oneOf('administrator', 'operator')),
    }),
  ),
  approval: optional(text),
  arguments: optional(list(argumentHelp)),
  capability: optional(text),
});
export const decision = object<Decision>({
  id: text,
  effect,
  code: text,
  reason: text,
  remedy: optional(text),
  retry_after: optional(number),
  help: optional(help),
  would: optional(object<{ effect: string; code: string }>({ effect, code: text })),
  invalidated: optional(object<InvalidationScope>(invalidationMembers)),
  detail: optional(detail),
});
const action = object<CanonicalAction>({
  name: text,
  resource: object<Resource>({ kind: text, value: text }),
  params: anyObject,
});
const outcome = object<Outcome>({
  status: oneOf('ok', 'error', 'unknown', 'not_executed'),
  error: optional(object<OutcomeError>({ code: text, message: text })),
  duration_ms: number,
});
const shownAs = {
  mode: optional(oneOf('summary', 'table', 'handle_only', 'raw')),
  handle: optional(text),
  handle_expires: optional(text),
  rows: optional(count),
  tier: optional(oneOf('low', 'exhausted')),
};
export const frame = object<Frame>({
  data: anything,
  labels: list(label),
  notes: list(text),
  bytes: count,
  ...shownAs,
});
const approvalRef = object<ApprovalRef>(approvalMembers);
export const result = object<Result>({
  action: optional(action),
  decision,
  approval: optional(approvalRef),
  permit: optional(text),
  session: text,
  mode,
  outcome,
  frame: optional(frame),
  withheld: optional(text),
  record: optional(recordRef),
  replayed: optional(flag),
});
export const results = list(result);
export const streamFrame = object<StreamFrame>({
  data: anything,
  labels: list(label),
  notes: list(text),
  bytes: count,
  ...shownAs,
  seq: count,
  final: flag,
  encoding: optional(oneOf('base64')),
  result: optional(result),
});
export const outcomeAnswer = object<OutcomeAnswer>({
  id: text,
  outcome,
  frame: optional(frame),
  record: recordRef,
  unredeemed: flag,
});
export const permitStatus = object<PermitStatus>({
  valid: flag,
  code: text,
  claims: optional(
    object<PermitClaims>({
      id: text,
      tenant: text,
      principal: text,
      audience: text,
      digest: text,
      policy: text,
      mode,
      issued: number,
      expires: number,
    }),
  ),
});
