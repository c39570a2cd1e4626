/** Approvals: a held action as people see it, and what they answer. Approving runs nothing: the requester resumes. */
import type { Caveats } from './caveats.ts';
import type { Effect } from './decision.ts';
import type { Json } from './json.ts';
import type { Label } from './label.ts';

/** `open` waits for people; `approved` waits for the requester; the others are over. */
export type ApprovalStatus = 'open' | 'approved' | 'denied' | 'expired' | 'withdrawn' | 'used';

/** What a held action answers with. */
export interface ApprovalRef {
  /** Id of the action that was held first; `resume` and the routes take it. */
  readonly id: string;
  readonly status: ApprovalStatus;
  /** Milliseconds since the epoch. */
  readonly expires: number;
}

/** One step of the session before this: what its record says. */
export interface ApprovalStep {
  readonly at: string;
  readonly action: string;
  readonly resource?: string;
  readonly effect: Effect;
  readonly code: string;
}

export interface ApprovalAnswerView {
  readonly by: string;
  readonly decision: 'approve' | 'deny';
  readonly at: string;
  readonly for: ApprovalTerm;
  /** What it leaves out of a longer approval. */
  readonly narrow?: Caveats;
  readonly reason?: string;
}

/**
 * As an approver sees it. Every text of it is fit for a screen: characters that control, reorder or hide are written as `\u{202e}`, and what looks
 * like a secret is masked.
 */
export interface Approval extends ApprovalRef {
  readonly action: { readonly name: string; readonly resource: string; readonly params: Json };
  readonly principal: string;
  readonly on_behalf_of?: string;
  /** Who delegated the grant that it came with, nearest first. Where a rule names approvers, none of them is one. */
  readonly delegated_by?: readonly string[];
  readonly session: string;
  readonly requested: string;
  readonly justification?: string;
  readonly labels: readonly Label[];
  /** Shown to whoever may answer: where arguments come from that are not the user's own: `/to/0 destination untrusted <- http.get https://…`. */
  readonly chains?: readonly string[];
  /** The rules that ask, and who may answer. If nobody is named, every key with the right `approve` may. */
  readonly asks: readonly {
    readonly rule: string;
    readonly approvers: readonly string[];
    readonly quorum: number;
  }[];
  readonly answers: readonly ApprovalAnswerView[];
  /** The session's last steps, newest last. */
  readonly steps: readonly ApprovalStep[];
  /** What approving for longer than once would permit, unless `narrow` takes some away. */
  readonly offers: { readonly action: string; readonly resource: string; readonly uses: number };
  /** Whether the caller may answer it. */
  readonly answerable: boolean;
}

/** Once; as long as the session lasts; or until a moment, in milliseconds since the epoch, within a day. */
export type ApprovalTerm = 'once' | 'session' | { until: number };

export interface ApprovalAnswer {
  decision: 'approve' | 'deny';
  /** For the requester and the journal; at most 1,000 characters. */
  reason?: string;
  /** How long an approval holds. Default `once`. */
  for?: ApprovalTerm;
  /** Caveats that narrow a longer approval; all must hold. */
  narrow?: Caveats;
}

export interface ApprovalQuery {
  status?: ApprovalStatus;
  session?: string;
  principal?: string;
  /** 1 to 1,000; default 100. */
  limit?: number;
}
