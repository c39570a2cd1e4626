/** The public face of the kernel: what is not here is private. */
export { jcs } from './action/json/jcs.ts';
export { formatPointer } from './action/json/pointer.ts';
export { type JsonRead, readJson } from './action/json/read.ts';
export { ADMISSION_LIMITS, type AdmissionLimits } from './action/limits.ts';
export { Unreadable } from './action/unreadable.ts';
export { capabilitiesOfMcp } from './capability/registry/mcp.ts';
export { attenuate, sealToken } from './capability/token/token.ts';
export { casePlayer } from './case-player.ts';
export { decodeVerifierKey } from './crypto/index.ts';
export { helpByCode } from './denial/by-code.ts';
export { CODES, type Code, type CodeInfo, PortcullisError } from './errors.ts';
export { mostForOne } from './fair-share.ts';
export { type LabelOption, type LabelSet, loadLabels } from './flow/label-files/label-set.ts';
export type { Caller } from './gate/guard.ts';
export { mayActAs } from './gate/identity.ts';
export type {
  AdminAction,
  CreateKernelOptions,
  HostOptions,
  KernelHost,
  PolicyOption,
} from './host.ts';
export {
  type VerifyOptions,
  verifyConsistency,
  verifyInclusion,
  verifyJournal,
} from './journal/index.ts';
export { createKernel, openHost } from './kernel.ts';
export {
  Gate,
  type GateInvariant,
  type GateOptions,
  type GateRequest,
  type Verdict,
} from './own-gate.ts';
export { ownerCaller } from './owner.ts';
export {
  type CaseReport,
  type CasesOptions,
  type CasesReport,
  checkPolicy,
  closedObject,
  type ExplainInput,
  explainPolicy,
  type Layer,
  loadPolicy,
  type PolicyExplanation,
  type PolicyFormat,
  PRESETS,
  policyOfCases,
  policyReference,
  type ReadForeign,
  type RuleExplanation,
  readForeignPolicy,
  runPolicyCases,
  workspaceRead,
} from './policy/index.ts';
export { whyNotPublic } from './provider/http/addresses.ts';
export { type Outbound, sendOutbound } from './provider/http/outbound.ts';
export {
  type ActionDefinition,
  type Provider,
  type ProviderContext,
  ProviderError,
  type ProviderOutput,
  type ProviderPiece,
} from './provider/types.ts';
export { ADMIN_RIGHTS, AGENT_RIGHTS, RIGHTS, type Right } from './rights.ts';
export type { DriftOptions } from './session/drift.ts';
export type { SessionLife } from './session/life.ts';
export { makeDir } from './store/make-dir.ts';
export { namedDisk } from './store/no-room.ts';
export { checkOptionNames } from './wiring/options.ts';
