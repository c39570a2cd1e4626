/** A delegated grant is worth what it would be to who delegated it: the rules have to permit the action to each of them too. */
import type { MaybePromise } from '../action/types.ts';
import type { Answer, Evaluation } from '../gate/guard.ts';
import type { Policy, RateStore } from './types.ts';

/** The answer for all of them: the first refusal, or what all of them demand. What their rules count is counted for each. */
export function forDelegators(
  policy: Policy,
  ev: Evaluation,
  rates: RateStore,
  own: MaybePromise<Answer>,
): MaybePromise<Answer> {
  return own instanceof Promise
    ? own.then((answer) => next(policy, ev, rates, answer, 0))
    : next(policy, ev, rates, own, 0);
}

function next(
  policy: Policy,
  ev: Evaluation,
  rates: RateStore,
  so: Answer,
  at: number,
): MaybePromise<Answer> {
  const delegator = ev.grant?.by[at];
  if (so.kind !== 'pass' || delegator === undefined) return so;
  const { principal, verdict } = ev;
  ev.principal = delegator;
  const join = (theirs: Answer): MaybePromise<Answer> => {
    ev.principal = principal;
    const who = `for ${delegator.id}, who delegated it`;
    if (theirs.kind !== 'pass') return { ...theirs, note: `${who}: ${theirs.note ?? ''}` };
    if (verdict !== undefined)
      ev.verdict = { ...verdict, rates: [...verdict.rates, ...(ev.verdict?.rates ?? [])] };
    const demands = [...(so.demands ?? []), ...(theirs.demands ?? [])];
    const joined: Answer = demands.length === 0 ? so : { ...so, demands };
    return next(policy, ev, rates, joined, at + 1);
  };
  const give = (error: unknown): never => {
    ev.principal = principal;
    throw error;
  };
  try {
    const theirs = policy.evaluate(ev, rates);
    return theirs instanceof Promise ? theirs.then(join, give) : join(theirs);
  } catch (error) {
    return give(error);
  }
}
