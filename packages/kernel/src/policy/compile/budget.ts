/**
 * Budgets: how much of something the actions of a tenant, a principal or a session may take together. Amounts are whole: money in millionths of its unit,
 * so that sums are exact; time in milliseconds. What an action takes of `money` and `calls` is known before it runs, of the others afterwards.
 */
import type { Json } from '@portcullis/wire';
import type { Action } from '../../action/index.ts';
import { type Pointer, parsePointer, resolve } from '../../action/json/pointer.ts';
import type { Evaluation } from '../../gate/guard.ts';
import { parseDuration } from '../../time/duration.ts';
import type { Budget } from '../document/schema.ts';
import { many } from '../document/terms.ts';
import { sure, sureAction } from './sure.ts';

export type BudgetUnit = Budget['of'];

/** What one action takes of one budget. */
export interface BudgetUse {
  readonly name: string;
  readonly of: BudgetUnit;
  /** Unambiguous: layer, budget and by-values as a JSON array text. */
  readonly key: string;
  readonly max: number;
  /** Milliseconds; 0 for good. */
  readonly window: number;
  /** Known before it runs; 0 where it is known afterwards. */
  readonly amount: number;
}

export interface CompiledBudget {
  readonly name: string;
  readonly of: BudgetUnit;
  readonly max: number;
  readonly window: number;
  readonly by: readonly string[];
  /** The layer that it is of: budgets of one name in two layers are two. */
  readonly scope: string;
  /** Every subject that pays: the principal and, of a delegated grant, everybody whom it came from. `unknown` where an amount is none. */
  uses(evaluation: Evaluation, action: Action): readonly BudgetUse[] | 'unknown';
}

const MILLIONTHS = 1_000_000;

export const scaleOf = (of: BudgetUnit): number => (of === 'money' ? MILLIONTHS : 1);

export function compileBudget(budget: Budget, scope: string): CompiledBudget {
  const { name, of, by = [] } = budget;
  const patterns = many(budget.action).map(sureAction);
  const window = budget.per === undefined ? 0 : sure(parseDuration(budget.per));
  const max = maxOf(budget);
  const pointer = budget.amount === undefined ? undefined : sure(parsePointer(budget.amount));
  const concerns = (action: string): boolean =>
    patterns.length === 0 || patterns.some((pattern) => pattern.matches(action));
  return Object.freeze({
    name,
    of,
    max,
    window,
    by,
    scope,
    uses(ev: Evaluation, action: Action) {
      if (!concerns(action.name)) return NONE;
      const amount = of === 'calls' ? 1 : of === 'money' ? moneyOf(action, pointer) : 0;
      if (amount === undefined) return 'unknown';
      const payers = by.includes('principal')
        ? [ev.principal.id, ...(ev.grant?.by ?? []).map(({ id }) => id)]
        : [undefined];
      return payers.map((payer) => {
        const values = by.map((part): Json => [part, partOf(part, ev, action, payer)]);
        const key = JSON.stringify([ev.caller.tenant, scope, name, ...values]);
        return { name, of, key, max, window, amount };
      });
    },
  });
}

const NONE: readonly BudgetUse[] = Object.freeze([]);

function maxOf({ of, max }: Budget): number {
  if (typeof max === 'string') return sure(parseDuration(max));
  return of === 'money' ? Math.round(max * MILLIONTHS) : max;
}

/** A number of at most six decimals; undefined where it is none, is negative, or is too large to add up exactly. */
function moneyOf({ params }: Action, pointer: Pointer | undefined): number | undefined {
  const value = pointer === undefined ? undefined : resolve(params, pointer);
  if (typeof value !== 'number' || value < 0) return undefined;
  const scaled = Math.round(value * MILLIONTHS);
  if (!Number.isSafeInteger(scaled) || scaled / MILLIONTHS !== value) return undefined;
  return scaled;
}

function partOf(
  part: string,
  ev: Evaluation,
  action: Action,
  payer: string | undefined,
): string | null {
  switch (part) {
    case 'principal':
      return payer ?? ev.principal.id;
    case 'session':
      return ev.session?.id ?? null;
    case 'action':
      return action.name;
    default:
      return ev.caller.tenant;
  }
}
