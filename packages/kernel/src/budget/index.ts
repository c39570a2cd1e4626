/** Rates and budgets: what an action may use up. */
export { MemoryRates } from './rates.ts';
