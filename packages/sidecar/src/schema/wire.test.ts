/** The schemas that validate and the types of the wire say the same: the compiler holds them to each other, member by member. */
import type * as wire from '@portcullis/wire';
import { expect, test } from 'vitest';
import type { z } from 'zod';
import type * as action from './action.ts';
import type * as approval from './approval.ts';
import type * as capability from './capability.ts';
import type * as caveats from './caveats.ts';
import type * as grant from './grant.ts';
import type * as invalidation from './invalidation.ts';
import type * as journal from './journal.ts';
import type * as label from './label.ts';
import type * as policy from './policy.ts';
import type * as principal from './principal.ts';
import type * as result from './result.ts';
import type * as session from './session.ts';
import type * as status from './status.ts';

/** The same type without `readonly`, written out, so that two spellings of one shape are one type. JSON stays as it is. */
type Plain<T> = wire.Json extends T
  ? wire.Json
  : T extends readonly (infer Item)[]
    ? Plain<Item>[]
    : T extends object
      ? { -readonly [K in keyof T as string extends K ? never : K]: Plain<T[K]> }
      : T;

type Same<A, B> =
  (<T>() => T extends Plain<A> ? 1 : 2) extends <T>() => T extends Plain<B> ? 1 : 2 ? true : false;

type Held<Schema extends z.ZodType, Wire> = Same<z.infer<Schema>, Wire>;

const held: {
  readonly ActionRequest: Held<typeof action.actionRequest, wire.ActionRequest>;
  readonly CanonicalAction: Held<typeof action.canonicalAction, wire.CanonicalAction>;
  readonly Context: Held<typeof principal.context, wire.Context>;
  readonly DecideRequest: Held<typeof action.decideRequest, wire.DecideRequest>;
  readonly Decision: Held<typeof result.decision, wire.Decision>;
  readonly DecisionDetail: Held<typeof result.decisionDetail, wire.DecisionDetail>;
  readonly Explanation: Held<typeof journal.explanation, wire.Explanation>;
  readonly Frame: Held<typeof result.frame, wire.Frame>;
  readonly AttenuateRequest: Held<typeof grant.attenuateRequest, wire.AttenuateRequest>;
  readonly Attenuated: Held<typeof grant.attenuated, wire.Attenuated>;
  readonly Caveats: Held<typeof caveats.caveats, wire.Caveats>;
  readonly Constraints: Held<typeof grant.constraints, wire.Constraints>;
  readonly GrantAnswer: Held<typeof grant.grantAnswer, wire.GrantAnswer>;
  readonly GrantPage: Held<typeof grant.grantPage, wire.GrantPage>;
  readonly GrantQuery: Held<typeof grant.grantQuery, wire.GrantQuery>;
  readonly GrantRequest: Held<typeof grant.grantRequest, wire.GrantRequest>;
  readonly GrantView: Held<typeof grant.grantView, wire.GrantView>;
  readonly InvokeRequest: Held<typeof grant.invokeRequest, wire.InvokeRequest>;
  readonly Revocation: Held<typeof grant.revocation, wire.Revocation>;
  readonly RevokeRequest: Held<typeof grant.revokeRequest, wire.RevokeRequest>;
  readonly InclusionProof: Held<typeof journal.inclusionProof, wire.InclusionProof>;
  readonly Invalidation: Held<typeof invalidation.invalidation, wire.Invalidation>;
  readonly InvalidationRequest: Held<
    typeof invalidation.invalidationRequest,
    wire.InvalidationRequest
  >;
  readonly InvalidationScope: Held<typeof invalidation.invalidationScope, wire.InvalidationScope>;
  readonly JournalPage: Held<typeof journal.journalPage, wire.JournalPage>;
  readonly JournalQuery: Held<typeof journal.journalQuery, wire.JournalQuery>;
  readonly JournalRecord: Held<typeof journal.journalRecord, wire.JournalRecord>;
  readonly KernelEvent: Held<typeof status.kernelEvent, wire.KernelEvent>;
  readonly KernelStatus: Held<typeof status.kernelStatus, wire.KernelStatus>;
  readonly Label: Held<typeof label.label, wire.Label>;
  readonly MayAssert: Held<typeof principal.mayAssert, wire.MayAssert>;
  readonly OutcomeAnswer: Held<typeof result.outcomeAnswer, wire.OutcomeAnswer>;
  readonly OutcomeReport: Held<typeof result.outcomeReport, wire.OutcomeReport>;
  readonly PermitCheck: Held<typeof action.permitCheck, wire.PermitCheck>;
  readonly PermitStatus: Held<typeof result.permitStatus, wire.PermitStatus>;
  readonly PolicyReport: Held<typeof policy.policyReport, wire.PolicyReport>;
  readonly PolicyView: Held<typeof policy.policyView, wire.PolicyView>;
  readonly Approval: Held<typeof approval.approval, wire.Approval>;
  readonly ApprovalAnswer: Held<typeof approval.approvalAnswer, wire.ApprovalAnswer>;
  readonly ApprovalQuery: Held<typeof approval.approvalQuery, wire.ApprovalQuery>;
  readonly ExpandRequest: Held<typeof result.expandRequest, wire.ExpandRequest>;
  readonly CapabilityDefinition: Held<
    typeof capability.capabilityDefinition,
    wire.CapabilityDefinition
  >;
  readonly CapabilityView: Held<typeof capability.capabilityView, wire.CapabilityView>;
  readonly Principal: Held<typeof principal.principal, wire.Principal>;
  readonly Problem: Held<typeof status.problem, wire.Problem>;
  readonly Result: Held<typeof result.result, wire.Result>;
  readonly SessionOptions: Held<typeof session.sessionOptions, wire.SessionOptions>;
  readonly SessionView: Held<typeof session.sessionView, wire.SessionView>;
  readonly Turn: Held<typeof session.turn, wire.Turn>;
  readonly VerifyReport: Held<typeof journal.verifyReport, wire.VerifyReport>;
  readonly VouchRequest: Held<typeof session.vouchRequest, wire.VouchRequest>;
} = {
  ActionRequest: true,
  Approval: true,
  ApprovalAnswer: true,
  ApprovalQuery: true,
  CanonicalAction: true,
  CapabilityDefinition: true,
  CapabilityView: true,
  Context: true,
  DecideRequest: true,
  Decision: true,
  DecisionDetail: true,
  ExpandRequest: true,
  Explanation: true,
  Frame: true,
  AttenuateRequest: true,
  Attenuated: true,
  Caveats: true,
  Constraints: true,
  GrantAnswer: true,
  GrantPage: true,
  GrantQuery: true,
  GrantRequest: true,
  GrantView: true,
  InvokeRequest: true,
  Revocation: true,
  RevokeRequest: true,
  InclusionProof: true,
  Invalidation: true,
  InvalidationRequest: true,
  InvalidationScope: true,
  JournalPage: true,
  JournalQuery: true,
  JournalRecord: true,
  KernelEvent: true,
  KernelStatus: true,
  Label: true,
  MayAssert: true,
  OutcomeAnswer: true,
  OutcomeReport: true,
  PermitCheck: true,
  PermitStatus: true,
  PolicyReport: true,
  PolicyView: true,
  Principal: true,
  Problem: true,
  Result: true,
  SessionOptions: true,
  SessionView: true,
  Turn: true,
  VerifyReport: true,
  VouchRequest: true,
};

/** The comparison itself tells a missing member, an optional one and another type apart. */
const apart: {
  readonly optional: Same<{ a?: string }, { a: string }>;
  readonly undefinable: Same<{ a?: string }, { a?: string | undefined }>;
  readonly missing: Same<{ a: string }, { a: string; b?: string }>;
  readonly other: Same<{ a: string }, { a: number }>;
  readonly deep: Same<{ a: { b: string }[] }, { a: { b: number }[] }>;
  readonly readonly: Same<{ readonly a: readonly string[] }, { a: string[] }>;
} = {
  optional: false,
  undefinable: false,
  missing: false,
  other: false,
  deep: false,
  readonly: true,
};

test('every shape of the wire has its schema', () => {
  expect(Object.values(held).every(Boolean)).toBe(true);
  expect(Object.values(apart).filter(Boolean)).toHaveLength(1);
});
