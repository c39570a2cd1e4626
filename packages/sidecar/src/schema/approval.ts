/** Actions that wait for people, and what people say. */
import { z } from 'zod';
import { caveats } from './caveats.ts';
import { json, timestamp } from './json.ts';
import { label } from './label.ts';
import { approvalAnswerView, approvalRef, effect, approvalTerm as term } from './result.ts';

const decision = approvalAnswerView.shape.decision;

export const approval = approvalRef.extend({
  action: z.strictObject({ name: z.string(), resource: z.string(), params: json }),
  principal: z.string(),
  on_behalf_of: z.string().exactOptional(),
  delegated_by: z.array(z.string()).exactOptional(),
  session: z.string(),
  requested: timestamp,
  justification: z.string().exactOptional(),
  chains: z.array(z.string()).exactOptional(),
  labels: z.array(label),
  asks: z.array(
    z.strictObject({ rule: z.string(), approvers: z.array(z.string()), quorum: z.number() }),
  ),
  answers: z.array(approvalAnswerView),
  steps: z.array(
    z.strictObject({
      at: timestamp,
      action: z.string(),
      resource: z.string().exactOptional(),
      effect,
      code: z.string(),
    }),
  ),
  offers: z.strictObject({ action: z.string(), resource: z.string(), uses: z.number() }),
  answerable: z.boolean(),
});

export const approvals = z.strictObject({ approvals: z.array(approval) });

export const approvalAnswer = z.strictObject({
  decision,
  reason: z.string().max(1000).exactOptional(),
  for: term.exactOptional(),
  narrow: caveats.exactOptional(),
});

export const approvalAnswers = z.strictObject({
  answers: z
    .array(approvalAnswer.extend({ id: z.string().max(128) }))
    .min(1)
    .max(1000),
});

export const approvalQuery = z.strictObject({
  status: approvalRef.shape.status.exactOptional(),
  session: z.string().exactOptional(),
  principal: z.string().exactOptional(),
  limit: z.number().int().min(1).max(1000).exactOptional(),
});
