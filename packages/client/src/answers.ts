/** Long because it is one list: the shape of every answer of the wire. The compiler holds each to its type; `read.ts` holds answers to them. */
import type {
  Approval,
  ApprovalAnswerView,
  ApprovalRef,
  ApprovalStep,
  ArgumentHelp,
  Attenuated,
  BudgetView,
  CanonicalAction,
  CapabilityView,
  Decision,
  DecisionDetail,
  Explanation,
  Frame,
  GrantAnswer,
  GrantPage,
  GrantView,
  GuardAnswer,
  Help,
  InclusionProof,
  Invalidation,
  InvalidationScope,
  JournalPage,
  KernelStatus,
  Label,
  Outcome,
  OutcomeAnswer,
  OutcomeError,
  PermitClaims,
  PermitStatus,
  PolicyDiagnostic,
  PolicyLayerView,
  PolicyReport,
  PolicyView,
  Problem,
  RecordRef,
  Resource,
  Result,
  Revocation,
  ScopeView,
  SessionView,
  StreamFrame,
  VerifyProblem,
  VerifyReport,
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
  type Shape,
  text,
} from './shape.ts';

const effect = oneOf('permit', 'modify', 'require_approval', 'defer', 'deny');
const mode = oneOf('enforce', 'observe');
const retryClass = oneOf('never', 'later', 'after_change', 'after_approval');

const label = object<Label>({
  source: text,
  origin: text,
  integrity: oneOf('trusted', 'untrusted'),
  confidentiality: oneOf('public', 'private', 'secret'),
});
const recordRef = object<RecordRef>({ seq: count, hash: text });
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
const scope = {
  target: oneOf('session', 'principal', 'role'),
  id: text,
  reason: text,
  guard: text,
};
const argumentHelp = object<ArgumentHelp>({
  argument: text,
  permitted: optional(list(anyObject)),
  unless: optional(list(anyObject)),
  partial: optional(flag),
  example: optional(anything),
});
const help = object<Help>({
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
const decision = object<Decision>({
  id: text,
  effect,
  code: text,
  reason: text,
  remedy: optional(text),
  retry_after: optional(number),
  help: optional(help),
  would: optional(object<{ effect: string; code: string }>({ effect, code: text })),
  invalidated: optional(object<InvalidationScope>(scope)),
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

const approvalStatus = oneOf('open', 'approved', 'denied', 'expired', 'withdrawn', 'used');
const ref = { id: text, status: approvalStatus, expires: count };
const approvalRef = object<ApprovalRef>(ref);
export const approval = object<Approval>({
  ...ref,
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
      reason: optional(text),
    }),
  ),
  steps: list(
    object<ApprovalStep>({ at: text, action: text, resource: optional(text), effect, code: text }),
  ),
  offers: object<Approval['offers']>({ action: text, resource: text, uses: count }),
  answerable: flag,
});
export const capability = object<CapabilityView>({
  id: text,
  name: text,
  description: text,
  action: text,
  execution: optional(oneOf('provider', 'host')),
  args: optional(anything),
  resource_from: optional(text),
  fixed: optional(anyObject),
  safety: oneOf('read', 'write', 'destructive'),
  sensitivity: optional(oneOf('none', 'pii', 'pci', 'secrets', 'memory')),
  allowed_fields: optional(list(text)),
  max_rows: optional(count),
  tags: optional(list(text)),
  reversible: optional(flag),
  cost: optional(number),
  report_within: optional(text),
  rate: optional(anything),
  digest: text,
  status: oneOf('active', 'pending'),
  source: oneOf('built-in', 'configuration', 'managed'),
});
export const capabilities = object<{ capabilities: readonly CapabilityView[] }>({
  capabilities: list(capability),
});
export const budgets = object<{ budgets: readonly BudgetView[] }>({
  budgets: list(
    object<BudgetView>({
      name: text,
      of: oneOf('calls', 'money', 'bytes', 'time', 'tokens'),
      subject: anyObject,
      max: number,
      used: number,
      remaining: number,
      per: optional(number),
    }),
  ),
});
export const approvals = object<{ approvals: readonly Approval[] }>({ approvals: list(approval) });

export const result = object<Result>({
  action: optional(action),
  decision,
  approval: optional(approvalRef),
  permit: optional(text),
  session: text,
  mode,
  outcome,
  frame: optional(frame),
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
export const sessionView = object<SessionView>({
  id: text,
  principal: text,
  on_behalf_of: optional(text),
  label: optional(text),
  preset: optional(text),
  scope: optional(text),
  parent: optional(text),
  opened: text,
  status: oneOf('open', 'closed', 'invalidated'),
  quarantine: oneOf('none', 'read_only', 'isolated', 'frozen'),
  actions: count,
  denied: count,
  labels: list(label),
});
export const scopeView = object<ScopeView>({
  id: text,
  digest: text,
  rules: count,
  mode,
  audience: text,
});
export const invalidation = object<Invalidation>({ ...scope, at: text, record: count });
export const invalidations = object<{ invalidations: readonly Invalidation[] }>({
  invalidations: list(invalidation),
});
export const restored = object<{ restored: boolean }>({ restored: flag });
export const policyView = object<PolicyView>({
  digest: text,
  source: oneOf('file', 'managed', 'code'),
  layers: list(
    object<PolicyLayerView>({
      layer: oneOf('server', 'tenant', 'session'),
      name: text,
      digest: text,
      rules: count,
      text: optional(text),
    }),
  ),
  pending_error: optional(text),
});
export const policyReport = object<PolicyReport>({
  ok: flag,
  digest: optional(text),
  rules: count,
  diagnostics: list(
    object<PolicyDiagnostic>({
      severity: oneOf('error', 'warning'),
      code: text,
      message: text,
      line: optional(count),
      column: optional(count),
      path: text,
    }),
  ),
});
export const status = object<KernelStatus>({
  version: text,
  api: oneOf('v1'),
  features: list(text),
  mode,
  frozen: flag,
  policy: anyObject,
  sandbox: oneOf('required', 'off', 'unavailable'),
  durability: oneOf('os', 'fsync', 'memory'),
  journal: anyObject,
  sessions: count,
  held: count,
  unknown: count,
  limits: list(text),
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
export const problem = object<Problem>({
  type: text,
  title: text,
  status: count,
  detail: optional(text),
  code: text,
  retry: retryClass,
  retry_after: optional(number),
  record: optional(recordRef),
  result: optional(result),
});

export const grantAnswer = object<GrantAnswer>({
  decision,
  session: text,
  record: optional(recordRef),
  id: optional(text),
  token: optional(text),
  capability: optional(text),
  principal: optional(text),
  caveats: optional(list(anyObject)),
  expires: optional(count),
  uses: optional(count),
  parent: optional(text),
});
export const attenuated = object<Attenuated>({ token: text, block: text });
const grantView = object<GrantView>({
  id: text,
  capability: text,
  principal: text,
  caveats: list(anyObject),
  issued: count,
  expires: count,
  uses: count,
  used: count,
  parent: optional(text),
  justification: optional(text),
  revoked: flag,
});
export const grantPage = object<GrantPage>({ grants: list(grantView), next: optional(text) });
export const revocation = object<Revocation>({ grants: count, record: recordRef });
