/** Records, explanations, proofs and events. */
import type {
  Explanation,
  InclusionProof,
  JournalPage,
  VerifyProblem,
  VerifyReport,
} from '@portcullis/wire';
import {
  anyObject,
  count,
  flag,
  list,
  number,
  object,
  oneOf,
  optional,
  type Shape,
  text,
} from '../shape.ts';
import { effect } from './common.ts';
import { help } from './result.ts';

export const record: Shape = (value) =>
  anyObject(value) ??
  object<{ seq: number; kind: string; hash: string }>({ seq: count, kind: text, hash: text })(
    value,
  );
export const journalPage = object<JournalPage>({ records: list(record), next: optional(count) });
export const explanation = object<Explanation>({
  id: text,
  view: oneOf('requester', 'auditor'),
  action: text,
  resource: optional(text),
  principal: text,
  session: optional(text),
  at: text,
  effect,
  code: text,
  reason: text,
  remedy: optional(text),
  help: optional(help),
  execution: optional(oneOf('provider', 'host', 'none')),
  provider: optional(text),
  params: optional(text),
  justification: optional(text),
  grant: optional(anyObject),
  shown: optional(anyObject),
  expansions: optional(list(anyObject)),
  unmet: optional(list(anyObject)),
  approval: optional(anyObject),
  outcome: optional(anyObject),
  records: optional(list(record)),
});
export const verifyReport = object<VerifyReport>({
  ok: flag,
  records: count,
  checkpoints: count,
  covered: number,
  first: optional(count),
  last: optional(count),
  root: optional(text),
  problem: optional(
    object<VerifyProblem>({
      what: text,
      segment: text,
      line: optional(count),
      seq: optional(count),
      message: text,
    }),
  ),
  torn_tail: optional(object<{ segment: string; bytes: number }>({ segment: text, bytes: count })),
  lost_tail: optional(list(object<{ seq: number; known: number }>({ seq: count, known: count }))),
});
export const inclusionProof = object<InclusionProof>({
  seq: count,
  leaf: text,
  index: count,
  size: count,
  path: list(text),
  checkpoint: text,
});
export const event = object<{ seq: number; type: string; at: string }>({
  seq: count,
  type: text,
  at: text,
});
