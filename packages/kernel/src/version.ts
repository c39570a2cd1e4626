/** The version of the packages, and what this kernel can do beyond the first form of wire v1. */
export const VERSION = '0.1.0';

export const FEATURES: readonly string[] = Object.freeze([
  'submit',
  'decide',
  'batch',
  'outcomes',
  'permits',
  'explain',
  'sessions',
  'frames',
  'streams',
  'capabilities',
  'grants',
  'invoke',
  'journal',
  'policy',
  'scopes',
  'freeze',
  'approvals',
  'budgets',
  'drift',
  'invalidate',
  'vouch',
  'events',
]);
