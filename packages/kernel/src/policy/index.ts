/** What the rest of the kernel uses of policy. */
export {
  type CaseReport,
  type CasesOptions,
  type CasesReport,
  policyOfCases,
  runPolicyCases,
} from './cases/run.ts';
export type { DeclaredParams } from './compile/invariants.ts';
export { type ReadForeign, readForeignPolicy } from './document/foreign.ts';
export type { PolicyFormat } from './document/load.ts';
export { closedObject } from './document/terms.ts';
export {
  type ExplainInput,
  explainPolicy,
  type PolicyExplanation,
  type RuleExplanation,
} from './explain.ts';
export {
  checkPolicy,
  type Layer,
  loadPolicy,
} from './load.ts';
export { applyModification } from './modify.ts';
export { PRESETS, presetText, workspaceRead } from './presets.ts';
export { policyReference } from './reference.ts';
