/** The rights a credential may have, as values: the kernel names them as a type. */
import type { Right } from '@portcullis/kernel';

const every: Readonly<Record<Right, string>> = Object.freeze({
  submit: 'submit actions for the kernel to execute',
  decide: 'ask for decisions and permits; the host executes',
  outcomes: 'redeem permits and report what came of them',
  'sessions:open': 'open and close clean sessions',
  explain: 'see its own actions: explain, records, events',
  approve: 'approve held actions',
  journal: 'see all actions of the tenant, verify and export the journal',
  policy: 'read, check and replace policy',
  keys: 'create, list, rotate and revoke keys',
  quarantine: 'quarantine sessions and release them',
  freeze: 'deny everything, and lift that',
  resolve: 'settle actions whose outcome is unknown',
  metrics: 'read the metrics',
});

export const RIGHTS = Object.freeze(Object.keys(every) as [Right, ...Right[]]);

/** What each right allows, in words. */
export const RIGHT_MEANING = every;

/** What the two keys of a first start may do. */
export const API_KEY_RIGHTS: readonly Right[] = Object.freeze([
  'submit',
  'decide',
  'outcomes',
  'sessions:open',
  'explain',
  'approve',
]);
export const ADMIN_KEY_RIGHTS: readonly Right[] = Object.freeze([
  'explain',
  'approve',
  'journal',
  'policy',
  'keys',
  'quarantine',
  'freeze',
  'resolve',
  'metrics',
]);
