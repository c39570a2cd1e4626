/** Approvals: an action that waits for people, as they see it, and what they answer. Approving executes nothing: the requester resumes. */
import type { Caveats } from './caveats.ts';
import type { Effect } from './decision.ts';
import type { Json } from './json.ts';
import type { Label } from './label.ts';

/** `open` waits for people; `approved` waits for the requester; the others are over. */
export type ApprovalStatus = 'open' | 'approved' | 'denied' | 'expired' | 'withdrawn' | 'used';

/** What a held action answers with. */
export interface ApprovalRef {
  /** Id of the action that was held first: what `resume` and the routes name. */
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
  /** For who may answer: where arguments come from that are not the user's own: `/to/0 destination untrusted <- http.get https://…`. */
  readonly chains?: readonly string[];
  /** The rules that ask, with who may answer; nobody named: every key with the right `approve`. */
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
  /** Whether who asks for this may answer it. */
  readonly answerable: boolean;
}

/** Once; as long as the session lasts; or until a moment, in milliseconds since the epoch, within a day. */
export type ApprovalTerm = 'once' | 'session' | { until: number };

export interface ApprovalAnswer {
  decision: 'approve' | 'deny';
  /** For who asked and for the journal; at most 1,000 characters. */
  reason?: string;
  /** Of an approval. Default `once`. */
  for?: ApprovalTerm;
  /** What a longer approval leaves out: all of it has to hold. */
  narrow?: Caveats;
}

export interface ApprovalQuery {
  status?: ApprovalStatus;
  session?: string;
  principal?: string;
  /** 1 to 1,000; default 100. */
  limit?: number;
}
