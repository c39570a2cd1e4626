/** The stages that stand on the policy: hard caps, rules, and the rates that the winning rule counts. */
import type { RateReservation, RateStore } from '../policy/types.ts';
import type { CurrentPolicy } from './current-policy.ts';
import { forDelegators } from './delegated.ts';
import { type Answer, type Evaluation, type Guard, PASS } from './guard.ts';
import type { PermitOffice } from './permit.ts';

export function invariantsStage(policies: CurrentPolicy): Guard {
  return {
    name: 'invariants',
    check(ev): Answer {
      const policy = policies.for(ev.session?.preset);
      ev.policyDigest = policy.digest;
      return policy.checkInvariants(ev);
    },
  };
}

export function policyStage(policies: CurrentPolicy, rates: RateStore): Guard {
  return {
    name: 'policy',
    check(ev) {
      const policy = policies.for(ev.session?.preset);
      if (policy.digest !== ev.policyDigest) {
        // Replaced since the invariants were read: one policy judges an action, and it is this one.
        ev.policyDigest = policy.digest;
        const answer = policy.checkInvariants(ev);
        if (answer.kind !== 'pass') return answer;
      }
      const answer = policy.evaluate(ev, rates);
      return ev.grant === undefined ? answer : forDelegators(policy, ev, rates, answer);
    },
  };
}

/** Takes what the winning rule counts: all of it or nothing, over concurrent callers. A pure check takes nothing. */
export function budgetStage(rates: RateStore): Guard {
  return {
    name: 'budget',
    check(ev) {
      const uses = ev.verdict?.rates;
      if (uses === undefined || uses.length === 0 || ev.execution === 'none') return PASS;
      const taken = rates.reserve(uses, ev.now);
      return taken instanceof Promise
        ? taken.then((settled) => keep(ev, settled))
        : keep(ev, taken);
    },
  };
}

function keep(ev: Evaluation, taken: { full: number; wait: number } | RateReservation): Answer {
  if ('full' in taken) {
    const note = `rate ${taken.full} of rule ${ev.verdict?.rule ?? ''} is full`;
    return {
      kind: 'deny',
      code: 'rate_limited',
      retryAfter: Math.max(1, Math.ceil(taken.wait / 1000)),
      note,
    };
  }
  ev.reservations.push({ commit: () => {}, release: () => taken.release() });
  return PASS;
}

/** Makes the permit: the last thing the gate does, and the only place that does it. A pure check gets none. */
export function permitStage(office: PermitOffice, life: number): Guard {
  return {
    name: 'permit',
    check(ev): Answer {
      if (ev.action === undefined)
        return { kind: 'deny', code: 'kernel_fault', note: 'no action reached the last stage' };
      if (ev.execution === 'provider') ev.permit = office.mint(ev.action, ev.now + life);
      return PASS;
    },
  };
}
