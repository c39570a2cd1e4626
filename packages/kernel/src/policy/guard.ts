/** The stages that stand on the policy in force: hard caps that no rule lifts, then the rules. */

import type { Answer, Evaluation, Guard } from '../gate/guard.ts';
import { forDelegators } from './delegated.ts';
import type { CurrentPolicy } from './in-force/current.ts';
import type { RateStore } from './types.ts';

export function invariantsGuard(policies: CurrentPolicy): Guard {
  return {
    name: 'invariants',
    check(ev): Answer {
      const policy = policies.for(ev.session?.preset);
      ev.policyDigest = policy.digest;
      return policy.checkInvariants(ev);
    },
  };
}

export function policyGuard(policies: CurrentPolicy, rates: RateStore): Guard {
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
      if (ev.grant === undefined) return answer;
      const joined = forDelegators(policy, ev, rates, answer);
      return joined instanceof Promise
        ? joined.then((settled) => withGrantRates(ev, settled))
        : withGrantRates(ev, joined);
    },
  };
}

/** What the capability counts is counted with what the rules count. */
function withGrantRates(ev: Evaluation, answer: Answer): Answer {
  const { grant, verdict } = ev;
  if (answer.kind !== 'pass' || verdict === undefined || !grant?.rates?.length) return answer;
  ev.verdict = { ...verdict, rates: [...verdict.rates, ...grant.rates] };
  return answer;
}
