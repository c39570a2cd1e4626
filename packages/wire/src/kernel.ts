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
  /** Decide, journal, run, frame. A refusal is a value; only faults of the transport are thrown. */
  submit(request: ActionRequest): Promise<Result>;
  /**
   * As `submit`, the result as it comes, from the first frame asked for on; the last frame is final and holds the `Result`. Who leaves before that
   * (`break`, `return()`) ends the call: the provider is told, and the outcome is recorded.
   */
  submitStream(request: ActionRequest): AsyncIterable<StreamFrame>;
  /** Decide and journal only; the host executes under the signed permit. */
  decide(request: DecideRequest): Promise<Result>;
  /** Each request decided on its own, in order; at most 1,000. */
  decideBatch(requests: readonly DecideRequest[]): Promise<Result[]>;
  /** What came of an action that the host executed. */
  report(report: OutcomeReport): Promise<OutcomeAnswer>;
  verifyPermit(check: PermitCheck): Promise<PermitStatus>;
  /** Verify and mark used: the second redeem answers `permit_used`. */
  redeemPermit(check: PermitCheck): Promise<PermitStatus>;
  explain(id: string): Promise<Explanation>;
  /** A page of what a frame's handle names. Throws `unknown_handle`, `handle_expired`, `handle_exhausted`, and what denies an action of its session. */
  expand(request: ExpandRequest): Promise<Frame>;

  /** Asks for a grant: a decision, and the token where policy could permit such an action. */
  grant(request: GrantRequest): Promise<GrantAnswer>;
  /** Narrows a token; `attenuate` of the library and of the TypeScript client do the same offline. */
  attenuate(request: AttenuateRequest): Promise<Attenuated>;
  grants(query?: GrantQuery): Promise<GrantPage>;
  /** Gives up a grant of one's own, with what was delegated from it. */
  revokeGrant(id: string): Promise<Revocation>;
  revoke(request: RevokeRequest): Promise<Revocation>;
  /** Uses a grant: the operation is the token's, the arguments are the caller's. */
  invoke(request: InvokeRequest): Promise<Result>;
  /** As `invoke` and `submitStream`. */
  invokeStream(request: InvokeRequest): AsyncIterable<StreamFrame>;

  /** What this principal could be granted; who may write policy sees all, and what waits to be approved. */
  capabilities(): Promise<readonly CapabilityView[]>;
  /** Of those the ones that fit a goal, best first. */
  requestCapabilities(goal: CapabilityGoal): Promise<readonly CapabilityView[]>;
  /** Needs the right `policy`. A changed definition is `pending` until it is approved by its digest. */
  registerCapability(definition: CapabilityDefinition): Promise<CapabilityView>;
  approveCapability(id: string, digest: string): Promise<CapabilityView>;
  /** What is left of budgets: one's own, for an auditor everybody's. */
  budgets(): Promise<readonly BudgetView[]>;
  /** What waits for people: the requester's own, what the caller may answer, an auditor's tenant. Oldest first. */
  approvals(query?: ApprovalQuery): Promise<readonly Approval[]>;
  approval(id: string): Promise<Approval>;
  /** Approving executes nothing: the requester resumes. Denying what was approved for longer ends it. */
  answerApproval(id: string, answer: ApprovalAnswer): Promise<Approval>;
  /** All of them or none. */
  answerApprovals(
    answers: readonly ({ id: string } & ApprovalAnswer)[],
  ): Promise<readonly Approval[]>;
  withdrawApproval(id: string): Promise<Approval>;
  /** Takes a held action up as it was asked, by the same credential. The gate decides again, with what people said as a fact. */
  resume(id: string): Promise<Result>;

  openSession(options?: SessionOptions): Promise<SessionView>;
  session(id?: string): Promise<SessionView>;
  closeSession(id: string): Promise<SessionView>;
  addTurn(id: string, turn: Turn): Promise<SessionView>;
  /** Holds for all sessions below it too. Anything milder than what holds is a release: another principal's to give, and recorded as an action. */
  quarantine(id: string, level: Quarantine, reason: string): Promise<SessionView>;
  /** From now on the value counts in this session as if the user had typed it. */
  endorse(id: string, request: VouchRequest): Promise<SessionView>;
  /** From now on the value is not private in this session. */
  declassify(id: string, request: VouchRequest): Promise<SessionView>;

  /** Nothing of it is permitted from now on, permits that are out included, until it is restored. */
  invalidate(request: InvalidationRequest): Promise<Invalidation>;
  restore(request: InvalidationRequest): Promise<void>;
  /** Those in force. Who is no auditor sees its own. */
  invalidations(): Promise<Invalidation[]>;
  /** One call at a time for each, in order; what the listener throws is reported and does not end it. */
  onInvalidation(listener: InvalidationListener, options?: ListenOptions): Listening;

  policy(): Promise<PolicyView>;
  replacePolicy(text: string, format?: 'yaml' | 'json' | 'toml'): Promise<PolicyView>;
  checkPolicy(text: string, format?: 'yaml' | 'json' | 'toml'): Promise<PolicyReport>;
  /** A policy of one's own, for the sessions that this credential opens in it. Needs the right `policy`. */
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
  /** Settle an action whose outcome is unknown. */
  resolve(id: string, outcome: 'happened' | 'not'): Promise<Explanation>;

  status(): Promise<KernelStatus>;
  events(options?: { after?: number; signal?: AbortSignal }): AsyncIterable<KernelEvent>;
  close(): Promise<void>;
}
