/**
 * The one interface: a library in the process and a client over the wire both are a `Kernel`,
 * so changing mode is one line. Every verb acts as the caller that the kernel was made for.
 */
import type { ActionRequest, DecideRequest } from './action.ts';
import type { Approval, ApprovalAnswer, ApprovalQuery } from './approval.ts';
import type { BudgetView } from './budget.ts';
import type { CapabilityDefinition, CapabilityGoal, CapabilityView } from './capability.ts';
import type { KernelEvent } from './event.ts';
import type { ExpandRequest, Frame } from './frame.ts';
import type {
  Attenuated,
  AttenuateRequest,
  GrantAnswer,
  GrantPage,
  GrantQuery,
  GrantRequest,
  InvokeRequest,
  Revocation,
  RevokeRequest,
} from './grant.ts';
import type {
  Invalidation,
  InvalidationListener,
  InvalidationRequest,
  Listening,
  ListenOptions,
  VouchRequest,
} from './invalidation.ts';
import type {
  Explanation,
  InclusionProof,
  JournalPage,
  JournalQuery,
  JournalRecord,
  VerifyReport,
} from './journal.ts';
import type { PolicyReport, PolicyView } from './policy.ts';
import type { OutcomeAnswer, OutcomeReport, PermitCheck, PermitStatus, Result } from './result.ts';
import type { ScopeRequest, ScopeView } from './scope.ts';
import type { Quarantine, SessionOptions, SessionView, Turn } from './session.ts';
import type { KernelStatus } from './status.ts';
import type { StreamFrame } from './stream.ts';

export interface Kernel {
  /** Decides, journals, runs and frames. A refusal is a value; only faults of the transport are thrown. */
  submit(request: ActionRequest): Promise<Result>;
  /**
   * As `submit`, the result as it comes, from the first frame asked for on; the last frame is final and holds the `Result`. Who leaves before that
   * (`break`, `return()`) ends the call: the provider is told, and the outcome is recorded.
   */
  submitStream(request: ActionRequest): AsyncIterable<StreamFrame>;
  /** Only decides and journals; the host runs the action under the signed permit. */
  decide(request: DecideRequest): Promise<Result>;
  /** Decides each request on its own, in order; at most 1,000. */
  decideBatch(requests: readonly DecideRequest[]): Promise<Result[]>;
  /** Reports what came of an action that the host ran. */
  report(report: OutcomeReport): Promise<OutcomeAnswer>;
  verifyPermit(check: PermitCheck): Promise<PermitStatus>;
  /** Verifies a permit and marks it used: a second redeem answers `permit_used`. */
  redeemPermit(check: PermitCheck): Promise<PermitStatus>;
  explain(id: string): Promise<Explanation>;
  /** A page of what a frame's handle names. Throws `unknown_handle`, `handle_expired`, `handle_exhausted`, and whatever would deny an action in its session. */
  expand(request: ExpandRequest): Promise<Frame>;

  /** Asks for a grant: answers with a decision, and with the token if the policy could permit such an action. */
  grant(request: GrantRequest): Promise<GrantAnswer>;
  /** Narrows a token. `attenuate` of the library and of the TypeScript client does the same offline. */
  attenuate(request: AttenuateRequest): Promise<Attenuated>;
  grants(query?: GrantQuery): Promise<GrantPage>;
  /** Gives up a grant of your own, with what was delegated from it. */
  revokeGrant(id: string): Promise<Revocation>;
  revoke(request: RevokeRequest): Promise<Revocation>;
  /** Uses a grant: the token names the operation, the caller gives the arguments. */
  invoke(request: InvokeRequest): Promise<Result>;
  /** As `invoke` and `submitStream`. */
  invokeStream(request: InvokeRequest): AsyncIterable<StreamFrame>;

  /** What this principal could be granted. Whoever may write policy sees everything, and what waits for approval. */
  capabilities(): Promise<readonly CapabilityView[]>;
  /** Those of them that fit a goal, best first. */
  requestCapabilities(goal: CapabilityGoal): Promise<readonly CapabilityView[]>;
  /** Needs the right `policy`. A changed definition is `pending` until it is approved by its digest. */
  registerCapability(definition: CapabilityDefinition): Promise<CapabilityView>;
  approveCapability(id: string, digest: string): Promise<CapabilityView>;
  /** Of those that were registered. Every grant of it falls. Registered again with another definition, it is `pending`. */
  deleteCapability(id: string): Promise<Revocation>;
  /** What is left of budgets: your own; for an auditor, everybody's. */
  budgets(): Promise<readonly BudgetView[]>;
  /** Held actions, oldest first: the caller's own, those it may answer, and for an auditor all of the tenant's. */
  approvals(query?: ApprovalQuery): Promise<readonly Approval[]>;
  approval(id: string): Promise<Approval>;
  /** Approving runs nothing: the requester resumes. Denying what was approved for longer ends that approval. */
  answerApproval(id: string, answer: ApprovalAnswer): Promise<Approval>;
  /** All of them or none. */
  answerApprovals(
    answers: readonly ({ id: string } & ApprovalAnswer)[],
  ): Promise<readonly Approval[]>;
  withdrawApproval(id: string): Promise<Approval>;
  /** Asks again for a held action, by the same credential. The gate decides again, now with the approval as a fact. */
  resume(id: string): Promise<Result>;

  openSession(options?: SessionOptions): Promise<SessionView>;
  session(id?: string): Promise<SessionView>;
  closeSession(id: string): Promise<SessionView>;
  addTurn(id: string, turn: Turn): Promise<SessionView>;
  /** Also applies to all sessions below. A milder level is a release: only another principal can give it, and it is recorded as an action. */
  quarantine(id: string, level: Quarantine, reason: string): Promise<SessionView>;
  /** From now on the value counts in this session as if the user had typed it. */
  endorse(id: string, request: VouchRequest): Promise<SessionView>;
  /** From now on the value is not private in this session. */
  declassify(id: string, request: VouchRequest): Promise<SessionView>;

  /** Nothing of this target is permitted from now on, outstanding permits included, until it is restored. */
  invalidate(request: InvalidationRequest): Promise<Invalidation>;
  restore(request: InvalidationRequest): Promise<void>;
  /** The invalidations in force: your own; for an auditor, all of the tenant's. */
  invalidations(): Promise<Invalidation[]>;
  /** Calls the listener once for each, in order, one at a time. What it throws is reported and does not end the listening. */
  onInvalidation(listener: InvalidationListener, options?: ListenOptions): Listening;

  policy(): Promise<PolicyView>;
  replacePolicy(text: string, format?: 'yaml' | 'json' | 'toml'): Promise<PolicyView>;
  checkPolicy(text: string, format?: 'yaml' | 'json' | 'toml'): Promise<PolicyReport>;
  /** A policy of your own, for the sessions that this credential opens in it. Needs the right `policy`. */
  createScope(request: ScopeRequest): Promise<ScopeView>;
  replaceScope(id: string, text: string, format?: 'yaml' | 'json' | 'toml'): Promise<ScopeView>;
  dropScope(id: string): Promise<ScopeView>;
  freeze(on: boolean, reason: string): Promise<KernelStatus>;

  journal(query?: JournalQuery): Promise<JournalPage>;
  record(seq: number): Promise<JournalRecord>;
  proof(seq: number): Promise<InclusionProof>;
  /** The newest checkpoint, a C2SP signed note. */
  checkpoint(): Promise<string>;
  verify(): Promise<VerifyReport>;
  /** Settles an action whose outcome is unknown. */
  resolve(id: string, outcome: 'happened' | 'not'): Promise<Explanation>;

  status(): Promise<KernelStatus>;
  events(options?: { after?: number; signal?: AbortSignal }): AsyncIterable<KernelEvent>;
  close(): Promise<void>;
}
