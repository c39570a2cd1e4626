/** Every route of the wire, version 1, as one table. */
import type { Route } from '../route.ts';
import { accessRequestRoutes } from './access-requests.ts';
import { actionRoutes } from './actions.ts';
import { approvalRoutes } from './approvals.ts';
import { authzenRoutes } from './authzen.ts';
import { budgetRoutes } from './budgets.ts';
import { capabilityRoutes } from './capabilities.ts';
import { eventRoutes } from './events.ts';
import { grantRoutes } from './grants.ts';
import { invalidationRoutes } from './invalidations.ts';
import { journalRoutes } from './journal.ts';
import { keyRoutes } from './keys.ts';
import { operationRoutes } from './operations.ts';
import { policyRoutes } from './policy.ts';
import { scopeRoutes } from './scopes.ts';
import { sessionRoutes } from './sessions.ts';

export const ROUTES: readonly Route[] = Object.freeze([
  ...actionRoutes,
  ...capabilityRoutes,
  ...grantRoutes,
  ...approvalRoutes,
  ...budgetRoutes,
  ...sessionRoutes,
  ...invalidationRoutes,
  ...journalRoutes,
  ...policyRoutes,
  ...scopeRoutes,
  ...eventRoutes,
  ...keyRoutes,
  ...authzenRoutes,
  ...accessRequestRoutes,
  ...operationRoutes,
]);
