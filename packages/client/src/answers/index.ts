/** The shape of every answer of the wire. The compiler holds each to its type; `read.ts` holds answers to them. */
export { approval, approvals } from './approval.ts';
export {
  event,
  explanation,
  inclusionProof,
  journalPage,
  record,
  verifyReport,
} from './journal.ts';
export { policyReport, policyView, status } from './policy.ts';
export { problem } from './problem.ts';
export { frame, outcomeAnswer, permitStatus, result, results, streamFrame } from './result.ts';
export {
  attenuated,
  budgets,
  capabilities,
  capability,
  grantAnswer,
  grantPage,
  revocation,
} from './rights.ts';
export { invalidation, invalidations, restored, scopeView, sessionView } from './session.ts';
