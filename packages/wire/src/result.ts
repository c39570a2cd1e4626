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
  /** The action as judged, or as permitted if the policy modified it. Absent if admission refused it. */
  readonly action?: CanonicalAction;
  readonly decision: Decision;
  /** If people must see it first: what to resume once they have answered. */
  readonly approval?: ApprovalRef;
  /** Signed; only from `decide` with `execution: host`. */
  readonly permit?: string;
  readonly session: string;
  readonly mode: Mode;
  readonly outcome: Outcome;
  readonly frame?: Frame;
  /** The code of what would deny the action by now, though it was permitted and ran: nothing of its result is shown. */
  readonly withheld?: string;
  /** The last record written for this action. Absent only if the journal could not be written. */
  readonly record?: RecordRef;
  /** True when an idempotency key was answered from memory. */
  readonly replayed?: boolean;
}

/** What a host reports of an action that it ran under a permit. */
export interface OutcomeReport {
  permit: string;
  status: 'ok' | 'error' | 'unknown';
  result?: Json;
  error?: string;
  duration_ms?: number;
  /** What it used, if budgets count that. */
  usage?: { tokens?: number };
  /** How the frame shows the result. */
  response_mode?: ResponseMode;
}

export interface OutcomeAnswer {
  readonly id: string;
  readonly outcome: Outcome;
  readonly frame?: Frame;
  readonly record: RecordRef;
  /** True if nobody redeemed the permit before the report. */
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

/** What an executor checks a permit against before it starts. */
export interface PermitCheck {
  permit: string;
  audience?: string;
  /** If given, its digest must be the permit's. */
  action?: CanonicalAction;
  /** With `action`: the user behind the agent, if the action had one. */
  on_behalf_of?: string;
  /** Accept a permit of observe mode. Default false: it answers `permit_mismatch`. */
  accept_observed?: boolean;
}
