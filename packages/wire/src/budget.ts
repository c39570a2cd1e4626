/** Budgets: how much of something may be taken, and how much of it was. */
export type BudgetUnit = 'calls' | 'money' | 'bytes' | 'time' | 'tokens';

export interface BudgetView {
  readonly name: string;
  /** Money in its unit, time in milliseconds. */
  readonly of: BudgetUnit;
  /** Whose it is, such as `{principal: 'bot-1'}`. Empty: everybody's. */
  readonly subject: { readonly [part: string]: string };
  readonly max: number;
  readonly used: number;
  /** Below zero if running actions took more than was left. */
  readonly remaining: number;
  /** Milliseconds; absent if it never renews. */
  readonly per?: number;
}
