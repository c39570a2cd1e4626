/** The stages that stand on the policy: hard caps, rules, and the rates that the winning rule counts. */

import { type Ledger, membersOf } from '../budget/ledger.ts';
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

/** Takes what the winning rule and the budgets count: all of it or nothing, over concurrent callers. A pure check takes nothing. */
export function budgetStage(rates: RateStore, policies: CurrentPolicy, ledger: Ledger): Guard {
  return {
    name: 'budget',
    check(ev) {
      const uses = ev.verdict?.rates;
      if (uses === undefined || uses.length === 0 || ev.execution === 'none')
        return spend(ev, policies, ledger);
      const taken = rates.reserve(uses, ev.now);
      return taken instanceof Promise
        ? taken.then((settled) => keep(ev, settled, policies, ledger))
        : keep(ev, taken, policies, ledger);
    },
  };
}

function keep(
  ev: Evaluation,
  taken: { full: number; wait: number } | RateReservation,
  policies: CurrentPolicy,
  ledger: Ledger,
): Answer {
  if ('full' in taken) {
    const capability = ev.verdict?.rates[taken.full]?.capability;
    return {
      // A rule's rate ends what the rule permits; a capability's only says when.
      kind: capability === undefined ? 'deny' : 'defer',
      code: 'rate_limited',
      retryAfter: Math.max(1, Math.ceil(taken.wait / 1000)),
      note:
        capability === undefined
          ? `rate ${taken.full} of rule ${ev.verdict?.rule ?? ''} is full`
          : `the rate of capability ${capability} is full`,
    };
  }
  ev.reservations.push({ release: () => taken.release() });
  return spend(ev, policies, ledger);
}

/** A budget that has room again later defers, with the time; one that has none for good denies. */
function spend(ev: Evaluation, policies: CurrentPolicy, ledger: Ledger): Answer {
  const spends = policies.for(ev.session?.preset).spends(ev);
  if (spends === 'unknown') return { kind: 'deny', code: 'budget_unknown' };
  if (spends.length === 0) return PASS;
  const taken = ledger.take(spends, ev.now);
  if ('full' in taken) {
    const note = `budget ${spends[taken.full]?.name ?? ''} is used up`;
    if (!Number.isFinite(taken.wait)) return { kind: 'deny', code: 'budget_exhausted', note };
    const retryAfter = Math.max(1, Math.ceil(taken.wait / 1000));
    return { kind: 'defer', code: 'budget_exhausted', retryAfter, note };
  }
  if (ev.execution === 'none') {
    taken.release();
    return PASS;
  }
  ev.spends = spends;
  ev.members = { ...ev.members, budgets: membersOf(spends) };
  ev.reservations.push({ release: () => taken.release() });
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
