/** Held actions, as approvers see them. */
import type { Approval, ApprovalAnswerView, ApprovalStep } from '@portcullis/wire';
import { anyObject, anything, count, flag, list, object, oneOf, optional, text } from '../shape.ts';
import { approvalMembers, effect, label } from './common.ts';

export const approval = object<Approval>({
  ...approvalMembers,
  action: object<Approval['action']>({ name: text, resource: text, params: anything }),
  principal: text,
  on_behalf_of: optional(text),
  delegated_by: optional(list(text)),
  session: text,
  requested: text,
  justification: optional(text),
  chains: optional(list(text)),
  labels: list(label),
  asks: list(
    object<Approval['asks'][number]>({ rule: text, approvers: list(text), quorum: count }),
  ),
  answers: list(
    object<ApprovalAnswerView>({
      by: text,
      decision: oneOf('approve', 'deny'),
      at: text,
      for: anything,
      narrow: optional(anyObject),
      reason: optional(text),
    }),
  ),
  steps: list(
    object<ApprovalStep>({ at: text, action: text, resource: optional(text), effect, code: text }),
  ),
  offers: object<Approval['offers']>({ action: text, resource: text, uses: count }),
  answerable: flag,
});
export const approvals = object<{ approvals: readonly Approval[] }>({ approvals: list(approval) });
