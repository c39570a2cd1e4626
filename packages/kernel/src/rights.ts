/** What a credential may do. The two keys of a first start divide them: one asks and acts, one administers. */
export const RIGHTS = Object.freeze([
  'submit',
  'decide',
  'outcomes',
  'sessions:open',
  'explain',
  'approve',
  'journal',
  'policy',
  'keys',
  'quarantine',
  'freeze',
  'resolve',
  'metrics',
] as const);

export type Right = (typeof RIGHTS)[number];

/** Of who asks and acts; `approve` is for what a rule names no approvers for. */
export const AGENT_RIGHTS: readonly Right[] = Object.freeze([
  'submit',
  'decide',
  'outcomes',
  'sessions:open',
  'explain',
  'approve',
]);

/** Of who administers: it executes nothing. */
export const ADMIN_RIGHTS: readonly Right[] = Object.freeze([
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
