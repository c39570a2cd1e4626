/** A decision is a value: five effects, one stable code, a reason that tells no policy, a remedy. */
import type { Help } from './help.ts';
import type { InvalidationScope } from './invalidation.ts';
import type { Label } from './label.ts';

export type Effect = 'permit' | 'modify' | 'require_approval' | 'defer' | 'deny';

/** Server configuration: `observe` runs everything and records what would have been decided. */
export type Mode = 'enforce' | 'observe';

/** What the requester sees. */
export interface Decision {
  /** The action id; explain, records, rollback and permit share it. */
  readonly id: string;
  readonly effect: Effect;
  /** Stable; see docs/codes.md. */
  readonly code: string;
  readonly reason: string;
  /** What the requester can do about it. */
  readonly remedy?: string;
  /** Seconds after which asking again may help. */
  readonly retry_after?: number;
  /** What helps: of every decision that does not permit, and of no other. */
  readonly help?: Help;
  /** What enforcing would have said, in observe mode only. */
  readonly would?: { readonly effect: Effect; readonly code: string };
  /** What is over, where that is why: the decision ended it, or it was before. */
  readonly invalidated?: InvalidationScope;
  /** Present for an auditor, or for who owns the policy. */
  readonly detail?: DecisionDetail;
}

export interface GuardAnswer {
  readonly guard: string;
  readonly answer: 'pass' | 'demand' | 'require_approval' | 'deny' | 'defer';
  readonly code?: string;
  /** For an auditor: which rule, which field, which limit. */
  readonly note?: string;
}

export interface DecisionDetail {
  /** The guard that settled it. */
  readonly guard: string;
  readonly rule?: string;
  /** Policy reason text, from the rule. */
  readonly rule_reason?: string;
  readonly policy: string;
  readonly labels: readonly Label[];
  readonly guards: readonly GuardAnswer[];
}
