/** What a verb answers with. */
import type { CanonicalAction } from './action.ts';
import type { ApprovalRef } from './approval.ts';
import type { Decision, Mode } from './decision.ts';
import type { Frame, ResponseMode } from './frame.ts';
import type { Json } from './json.ts';

export type OutcomeStatus = 'ok' | 'error' | 'unknown' | 'not_executed';

export interface OutcomeError {
  /** Stable; see docs/codes.md. */
  readonly code: string;
  readonly message: string;
}

export interface Outcome {
  readonly status: OutcomeStatus;
  readonly error?: OutcomeError;
  readonly duration_ms: number;
}

export interface RecordRef {
  readonly seq: number;
  /** Lower-case hex SHA-256. */
  readonly hash: string;
}

/** The answer to `submit` and, without a frame, to `decide`. */
export interface Result {
  /** The action as judged; as permitted when the policy modified it. Absent where admission refused it. */
  readonly action?: CanonicalAction;
  readonly decision: Decision;
  /** Where people have to see it first: what to resume once they have. */
  readonly approval?: ApprovalRef;
  /** Signed; only from `decide` with `execution: host`. */
  readonly permit?: string;
  readonly session: string;
  readonly mode: Mode;
  readonly outcome: Outcome;
  readonly frame?: Frame;
  /** The last record written for this action. Absent only where the journal could not be written. */
  readonly record?: RecordRef;
  /** True when an idempotency key was answered from memory. */
  readonly replayed?: boolean;
}

/** What a host reports of an action that it executed under a permit. */
export interface OutcomeReport {
  permit: string;
  status: 'ok' | 'error' | 'unknown';
  result?: Json;
  error?: string;
  duration_ms?: number;
  /** What it used, where budgets count that. */
  usage?: { tokens?: number };
  /** How the frame shows the result. */
  response_mode?: ResponseMode;
}

export interface OutcomeAnswer {
  readonly id: string;
  readonly outcome: Outcome;
  readonly frame?: Frame;
  readonly record: RecordRef;
  /** True where nobody redeemed the permit before the report. */
  readonly unredeemed: boolean;
}

/** What `permits/verify` and `permits/redeem` say of a permit. */
export interface PermitStatus {
  readonly valid: boolean;
  /** `permit_ok`, `frozen`, `permit_invalid`, `permit_expired`, `permit_used`, `permit_mismatch`. */
  readonly code: string;
  readonly claims?: PermitClaims;
}

export interface PermitClaims {
  readonly id: string;
  readonly tenant: string;
  readonly principal: string;
  readonly audience: string;
  /** Lower-case hex digest of the action. */
  readonly digest: string;
  readonly policy: string;
  readonly mode: Mode;
  /** Milliseconds since the epoch. */
  readonly issued: number;
  readonly expires: number;
}

/** What an executor holds a permit against before it starts. */
export interface PermitCheck {
  permit: string;
  audience?: string;
  /** Where given, its digest must be the permit's. */
  action?: CanonicalAction;
  /** With `action`: the user behind the agent, where the action had one. */
  on_behalf_of?: string;
  /** Take a permit of observe mode for good. Default: false, and it answers `permit_mismatch`. */
  accept_observed?: boolean;
}
