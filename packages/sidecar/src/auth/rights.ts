/** What each right of a credential allows, in words. */
import type { Right } from '@portcullis/kernel';

export const RIGHT_MEANING: Readonly<Record<Right, string>> = Object.freeze({
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
