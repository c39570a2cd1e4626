/** What the verbs about actions answer with. */
import { z } from 'zod';
import { canonicalAction, responseMode } from './action.ts';
import { caveats } from './caveats.ts';
import { invalidationScope } from './invalidation.ts';
import { hash, json, timestamp } from './json.ts';
import { label } from './label.ts';

export const effect = z.enum(['permit', 'modify', 'require_approval', 'defer', 'deny']);
export const mode = z.enum(['enforce', 'observe']);

const guardAnswer = z.strictObject({
  guard: z.string(),
  answer: z.enum(['pass', 'demand', 'require_approval', 'deny', 'defer']),
  code: z.string().exactOptional(),
  note: z.string().exactOptional(),
});

export const decisionDetail = z.strictObject({
  guard: z.string(),
  rule: z.string().exactOptional(),
  rule_reason: z.string().exactOptional(),
  policy: z.string(),
  labels: z.array(label),
  guards: z.array(guardAnswer),
});

const tests = z.record(z.string(), json);

const argumentHelp = z.strictObject({
  argument: z.string(),
  permitted: z.array(tests).exactOptional(),
  unless: z.array(tests).exactOptional(),
  partial: z.literal(true).exactOptional(),
  example: json.exactOptional(),
});

export const help = z.strictObject({
  code: z.string(),
  retry: z.enum([
    'never',
    'after',
    'after_approval',
    'change_arguments',
    'get_grant',
    'new_session',
  ]),
  after: z
    .strictObject({
      seconds: z.number().exactOptional(),
      at: timestamp.exactOptional(),
      by: z.enum(['administrator', 'operator']).exactOptional(),
    })
    .exactOptional(),
  approval: z.string().exactOptional(),
  arguments: z.array(argumentHelp).exactOptional(),
  capability: z.string().exactOptional(),
});

export const decision = z.strictObject({
  id: z.string(),
  effect,
  code: z.string(),
  reason: z.string(),
  remedy: z.string().exactOptional(),
  retry_after: z.number().exactOptional(),
  help: help.exactOptional(),
  would: z.strictObject({ effect, code: z.string() }).exactOptional(),
  invalidated: invalidationScope.exactOptional(),
  detail: decisionDetail.exactOptional(),
});

export const frame = z.strictObject({
  data: json,
  labels: z.array(label),
  notes: z.array(z.string()),
  bytes: z.number(),
  mode: responseMode.exactOptional(),
  handle: z.string().exactOptional(),
  handle_expires: z.string().exactOptional(),
  rows: z.number().exactOptional(),
  tier: z.enum(['low', 'exhausted']).exactOptional(),
});

const scalar = z.union([z.string(), z.number(), z.boolean(), z.null()]);

export const expandRequest = z.strictObject({
  handle: z.string(),
  query: z
    .strictObject({
      offset: z.number().exactOptional(),
      limit: z.number().exactOptional(),
      fields: z.array(z.string()).exactOptional(),
      filter: z.record(z.string(), scalar).exactOptional(),
    })
    .exactOptional(),
  session: z.string().exactOptional(),
});

const outcome = z.strictObject({
  status: z.enum(['ok', 'error', 'unknown', 'not_executed']),
  error: z.strictObject({ code: z.string(), message: z.string() }).exactOptional(),
  duration_ms: z.number(),
});

export const recordRef = z.strictObject({ seq: z.number(), hash });

export const approvalTerm = z.union([
  z.enum(['once', 'session']),
  z.strictObject({ until: z.number().meta({ description: 'Milliseconds since the epoch.' }) }),
]);

export const approvalAnswerView = z.strictObject({
  by: z.string(),
  decision: z.enum(['approve', 'deny']),
  at: timestamp,
  for: approvalTerm,
  narrow: caveats.exactOptional(),
  reason: z.string().exactOptional(),
});

export const approvalRef = z.strictObject({
  id: z.string(),
  status: z.enum(['open', 'approved', 'denied', 'expired', 'withdrawn', 'used']),
  expires: z.number().meta({ description: 'Milliseconds since the epoch.' }),
});

export const result = z.strictObject({
  action: canonicalAction.exactOptional(),
  decision,
  approval: approvalRef.exactOptional(),
  permit: z.string().exactOptional(),
  session: z.string(),
  mode,
  outcome,
  frame: frame.exactOptional(),
  withheld: z.string().exactOptional().meta({
    description: 'The code of what would deny the action by now: nothing of its result is shown.',
  }),
  record: recordRef.exactOptional(),
  replayed: z.boolean().exactOptional(),
});

export const streamFrame = z.strictObject({
  ...frame.shape,
  seq: z.number(),
  final: z.boolean(),
  encoding: z.literal('base64').exactOptional(),
  result: result.exactOptional(),
});

/** As the kernel bounds it. */
const MOST_USED = 1_000_000_000_000;

export const outcomeReport = z.strictObject({
  permit: z.string(),
  status: z.enum(['ok', 'error', 'unknown']),
  result: json.exactOptional(),
  error: z.string().exactOptional(),
  usage: z.strictObject({ tokens: z.int().min(0).max(MOST_USED).exactOptional() }).exactOptional(),
  duration_ms: z.number().min(0).max(MOST_USED).exactOptional(),
  response_mode: responseMode.exactOptional(),
});

export const outcomeAnswer = z.strictObject({
  id: z.string(),
  outcome,
  frame: frame.exactOptional(),
  record: recordRef,
  unredeemed: z.boolean(),
});

export const permitStatus = z.strictObject({
  valid: z.boolean(),
  code: z.string(),
  claims: z
    .strictObject({
      id: z.string(),
      tenant: z.string(),
      principal: z.string(),
      audience: z.string(),
      digest: z.string(),
      policy: z.string(),
      mode,
      issued: z.number(),
      expires: z.number(),
    })
    .exactOptional(),
});
