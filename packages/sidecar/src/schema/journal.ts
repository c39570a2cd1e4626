/** Records, and what can be asked of the journal. */
import { z } from 'zod';
import { responseMode } from './action.ts';
import { hash, json, timestamp } from './json.ts';
import { approvalAnswerView, approvalRef, effect, help } from './result.ts';

const recordKind = z.enum(['decision', 'outcome', 'approval', 'state', 'system']);

export const journalRecord = z
  .object({
    v: z.number(),
    seq: z.number(),
    ts: timestamp,
    kind: recordKind,
    tenant: z.string(),
    prev: hash,
    hash,
  })
  .catchall(json);

const text = z.string().min(1).max(1024);

export const journalQuery = z.strictObject({
  id: text.exactOptional(),
  session: text.exactOptional(),
  principal: text.exactOptional(),
  action: text.exactOptional(),
  effect: effect.exactOptional(),
  status: text.exactOptional(),
  kind: recordKind.exactOptional(),
  since: timestamp.exactOptional(),
  until: timestamp.exactOptional(),
  after: z.number().int().min(0).exactOptional(),
  limit: z.number().int().min(1).max(1000).exactOptional(),
  reverse: z.boolean().exactOptional(),
});

export const journalPage = z.strictObject({
  records: z.array(journalRecord),
  next: z.number().exactOptional(),
});

export const verifyReport = z.strictObject({
  ok: z.boolean(),
  records: z.number(),
  checkpoints: z.number(),
  covered: z.number(),
  first: z.number().exactOptional(),
  last: z.number().exactOptional(),
  root: z.string().exactOptional(),
  problem: z
    .strictObject({
      what: z.string(),
      segment: z.string(),
      line: z.number().exactOptional(),
      seq: z.number().exactOptional(),
      message: z.string(),
    })
    .exactOptional(),
  torn_tail: z.strictObject({ segment: z.string(), bytes: z.number() }).exactOptional(),
  lost_tail: z.array(z.strictObject({ seq: z.number(), known: z.number() })).exactOptional(),
});

export const inclusionProof = z.strictObject({
  seq: z.number(),
  leaf: z.string(),
  index: z.number(),
  size: z.number(),
  path: z.array(z.string()),
  checkpoint: z.string(),
});

export const explanation = z.strictObject({
  id: z.string(),
  view: z.enum(['requester', 'auditor']),
  action: z.string(),
  resource: z.string().exactOptional(),
  principal: z.string(),
  session: z.string().exactOptional(),
  at: timestamp,
  effect,
  code: z.string(),
  reason: z.string(),
  remedy: z.string().exactOptional(),
  help: help.exactOptional(),
  execution: z.enum(['provider', 'host', 'none']).exactOptional(),
  provider: z.string().exactOptional(),
  params: z.string().exactOptional(),
  justification: z.string().exactOptional(),
  grant: z
    .strictObject({
      id: z.string(),
      capability: z.string().exactOptional(),
      justification: z.string().exactOptional(),
      sensitivity: z.string().exactOptional(),
    })
    .exactOptional(),
  shown: z
    .strictObject({
      mode: responseMode.exactOptional(),
      bytes: z.number().exactOptional(),
      facts: z.number().exactOptional(),
      rows: z.number().exactOptional(),
      notes: z.number(),
      handle: z.string().exactOptional(),
    })
    .exactOptional(),
  expansions: z.array(z.strictObject({ at: timestamp, rows: z.number() })).exactOptional(),
  unmet: z
    .array(z.strictObject({ rule: z.string(), conditions: z.array(z.string()) }))
    .exactOptional(),
  approval: z
    .strictObject({
      id: z.string(),
      status: approvalRef.shape.status.exactOptional(),
      resumed_by: z.string().exactOptional(),
      answers: z.array(approvalAnswerView).exactOptional(),
    })
    .exactOptional(),
  outcome: z
    .strictObject({
      status: z.string(),
      at: timestamp.exactOptional(),
      error: json.exactOptional(),
      resolved: z.strictObject({ as: z.enum(['happened', 'not']), at: timestamp }).exactOptional(),
    })
    .exactOptional(),
  records: z.array(journalRecord).exactOptional(),
});

export const resolveRequest = z.strictObject({
  id: z.string().min(1).max(256),
  outcome: z.enum(['happened', 'not']),
});
