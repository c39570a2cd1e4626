/** Caps on what sources that the user named may supply in one turn of the user: how many actions, up to what amount. */
import type { Action } from '../../action/index.ts';
import { parsePointer, resolve } from '../../action/json/pointer.ts';
import { type Amount, type DelegatedUse, isSupplied } from '../../flow/delegations.ts';
import type { Evaluation } from '../../gate/guard.ts';
import type { When } from '../document/schema.ts';
import { TRUE, truth, UNKNOWN } from '../value/truth.ts';
import { type Condition, condition } from './condition.ts';
import { sure } from './sure.ts';

/** What the action takes of the cap: nothing where no named source chose anything of it, unknown where an amount is no number. */
export type Delegation = (ev: Evaluation, action: Action) => DelegatedUse | 'nothing' | undefined;

export function compileDelegation(
  given: NonNullable<NonNullable<When['flow']>['delegation']>,
  layer: string,
  rule: string,
): Delegation {
  const key = JSON.stringify([layer, rule]);
  const caps = Object.entries(given.amount ?? {}).map(
    ([pointer, max]) => ({ pointer, max, steps: sure(parsePointer(pointer)) }) as const,
  );
  return (ev, action) => {
    const facts = ev.flow?.facts(action);
    if (facts === undefined) return undefined;
    if (!facts.arguments.some(isSupplied)) return 'nothing';
    const amounts: Amount[] = [];
    for (const { pointer, max, steps } of caps) {
      const amount = resolve(action.params, steps);
      if (typeof amount !== 'number' || !(amount >= 0)) return undefined;
      amounts.push({ pointer, amount, max });
    }
    return { key, actions: given.actions, amounts };
  };
}

export const delegationCondition = (delegation: Delegation): Condition =>
  condition(['when', 'flow', 'delegation'], (ev, action) => {
    const use = delegation(ev, action);
    if (use === 'nothing') return TRUE;
    if (use === undefined || ev.flow === undefined) return UNKNOWN;
    return truth(ev.flow.hasRoom(use));
  });
