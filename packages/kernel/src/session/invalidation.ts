/** What is over, as records, listeners and requesters are told of it. */
import type { Invalidation, InvalidationScope, InvalidationTarget } from '@portcullis/wire';

/** One that is in force. */
export interface InForce extends InvalidationScope {
  readonly tenant: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Sequence number of the record that holds it. */
  readonly record: number;
}

/** What a decision ends: the rest stands in its record. */
export interface Ended {
  readonly target: InvalidationTarget;
  readonly id: string;
  readonly guard: string;
}

/** Where a decision ends something: what its record and those who listen are told. */
export const REASONS: Readonly<Record<string, string>> = Object.freeze({
  drift: 'the session is too far from where it began',
  policy: 'a rule ends it',
});

/** One that a decision made. */
export function inForceBy(
  { target, id, guard }: Ended,
  tenant: string,
  at: number,
  record: number,
  ruleReason: string | undefined,
): InForce {
  const reason = (guard === 'policy' ? ruleReason : undefined) ?? REASONS[guard] ?? guard;
  return { target, id, guard, reason, tenant, at, record };
}

/** A rule's own reason is policy: who is no auditor gets the general one. */
export function toldTo(scope: InvalidationScope, auditor: boolean): InvalidationScope {
  const { target, id, guard } = scope;
  const reason = guard === 'policy' && !auditor ? (REASONS.policy as string) : scope.reason;
  return { target, id, reason, guard };
}

export const viewOf = (ended: InForce, auditor: boolean): Invalidation => ({
  ...toldTo(ended, auditor),
  at: new Date(ended.at).toISOString(),
  record: ended.record,
});
