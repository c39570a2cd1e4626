/** The budget stage: what the winning rule and the budgets count is taken here, once, and given back where the action comes to nothing. */
import { type Answer, type Evaluation, type Guard, PASS } from '../gate/guard.ts';
import type { CurrentPolicy } from '../policy/in-force/current.ts';
import type { RateReservation, RateStore } from '../policy/types.ts';
import { type Ledger, membersOf } from './ledger.ts';

/** Takes what the winning rule and the budgets count: all of it or nothing, over concurrent callers. A pure check takes nothing. */
export function budgetGuard(rates: RateStore, policies: CurrentPolicy, ledger: Ledger): Guard {
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
