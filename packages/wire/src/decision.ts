/** A decision is a value: one of five effects, a stable code, a reason that gives no policy away, and a remedy. */
import type { Help } from './help.ts';
import type { InvalidationScope } from './invalidation.ts';
import type { Label } from './label.ts';

export type Effect = 'permit' | 'modify' | 'require_approval' | 'defer' | 'deny';

/** Server configuration: `observe` runs everything and records what would have been decided. */
export type Mode = 'enforce' | 'observe';

/** What the requester sees. */
export interface Decision {
  /** The action's id: explain, records and permit share it. */
  readonly id: string;
  readonly effect: Effect;
  /** Stable; see docs/codes.md. */
  readonly code: string;
  readonly reason: string;
  /** What the requester can do about it. */
  readonly remedy?: string;
  /** Seconds after which asking again may help. */
  readonly retry_after?: number;
  /** What would help: present in every decision that does not permit, and in no other. */
  readonly help?: Help;
  /** What enforcing would have said, in observe mode only. */
  readonly would?: { readonly effect: Effect; readonly code: string };
  /** The invalidation that is the reason: this decision caused it, or it was there before. */
  readonly invalidated?: InvalidationScope;
  /** Only for an auditor, or for whoever owns the policy. */
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
  /** The rule's own reason text. */
  readonly rule_reason?: string;
  readonly policy: string;
  readonly labels: readonly Label[];
  readonly guards: readonly GuardAnswer[];
}
