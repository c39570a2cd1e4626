/** Budgets: how much of something may be taken, and how much of it was. */
export type BudgetUnit = 'calls' | 'money' | 'bytes' | 'time' | 'tokens';

export interface BudgetView {
  readonly name: string;
  /** Money in its unit, time in milliseconds. */
  readonly of: BudgetUnit;
  /** Whose it is: `principal` to `bot-1`. Empty: everybody's. */
  readonly subject: { readonly [part: string]: string };
  readonly max: number;
  readonly used: number;
  /** Below zero where what was running took more than was left. */
  readonly remaining: number;
  /** Milliseconds; absent for good. */
  readonly per?: number;
}
