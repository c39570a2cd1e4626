/** The words and shapes of the wire, version 1. Types only: importing this package runs nothing. */
export type { ActionRequest, CanonicalAction, DecideRequest, Resource } from './action.ts';
export type {
  Approval,
  ApprovalAnswer,
  ApprovalAnswerView,
  ApprovalQuery,
  ApprovalRef,
  ApprovalStatus,
  ApprovalStep,
  ApprovalTerm,
} from './approval.ts';
export type { BudgetUnit, BudgetView } from './budget.ts';
export type { CapabilityDefinition, CapabilityGoal, CapabilityView } from './capability.ts';
export type { Caveats, ParamCaveat } from './caveats.ts';
export type { Decision, DecisionDetail, Effect, GuardAnswer, Mode } from './decision.ts';
export type { KernelEvent } from './event.ts';
export type { ExpandQuery, ExpandRequest, Frame, ResponseMode } from './frame.ts';
export type {
  Attenuated,
  AttenuateRequest,
  Constraints,
  Grant,
  GrantAnswer,
  GrantPage,
  GrantQuery,
  GrantRequest,
  GrantView,
  InvokeRequest,
  Revocation,
  RevokeRequest,
} from './grant.ts';
export type { ArgumentHelp, Help, HelpKind } from './help.ts';
export type {
  Invalidation,
  InvalidationListener,
  InvalidationRequest,
  InvalidationScope,
  InvalidationTarget,
  Listening,
  ListenOptions,
  VouchRequest,
} from './invalidation.ts';
export type {
  Explanation,
  InclusionProof,
  JournalPage,
  JournalQuery,
  JournalRecord,
  RecordKind,
  ShownOutcome,
  VerifyProblem,
  VerifyReport,
} from './journal.ts';
export type { Json, JsonObject } from './json.ts';
export type { Kernel } from './kernel.ts';
export type { Label } from './label.ts';
export type { PolicyDiagnostic, PolicyLayerView, PolicyReport, PolicyView } from './policy.ts';
export type { Context, MayAssert, Principal, PrincipalKind } from './principal.ts';
export type { Problem, RetryClass } from './problem.ts';
export type {
  Outcome,
  OutcomeAnswer,
  OutcomeError,
  OutcomeReport,
  OutcomeStatus,
  PermitCheck,
  PermitClaims,
  PermitStatus,
  RecordRef,
  Result,
} from './result.ts';
export type { ScopeRequest, ScopeView } from './scope.ts';
export type { Quarantine, SessionOptions, SessionView, Turn } from './session.ts';
export type { FreezeScope, KernelStatus } from './status.ts';
export type { StreamFrame } from './stream.ts';
