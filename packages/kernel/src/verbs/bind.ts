/** The verbs bound to one caller: the `Kernel` that a library user or a sidecar's key holds. */
import type {
  ActionRequest,
  Approval,
  ApprovalAnswer,
  ApprovalQuery,
  AttenuateRequest,
  CapabilityDefinition,
  CapabilityGoal,
  DecideRequest,
  ExpandRequest,
  GrantQuery,
  GrantRequest,
  InvalidationListener,
  InvalidationRequest,
  InvokeRequest,
  JournalQuery,
  Kernel,
  ListenOptions,
  OutcomeReport,
  PermitCheck,
  Quarantine,
  RevokeRequest,
  ScopeRequest,
  SessionOptions,
  Turn,
  VouchRequest,
} from '@portcullis/wire';
import { PortcullisError } from '../errors.ts';
import type { Caller } from '../gate/guard.ts';
import type { Parts } from '../parts.ts';
import { checkPolicy, type PolicyFormat } from '../policy/index.ts';
import type { Right } from '../rights.ts';
import { needReason } from './admin/administer.ts';
import { freeze } from './admin/freeze.ts';
import { policyView, replacePolicy } from './admin/policy.ts';
import { createScope, dropScope, replaceScope } from './admin/scopes.ts';
import {
  answerApprovals,
  findApproval,
  listApprovals,
  withdrawApproval,
} from './approval/approvals.ts';
import { resume } from './approval/resume.ts';
import { decide, decideAll } from './call/decide.ts';
import type { Recall } from './call/idempotency/recall.ts';
import { invoke } from './call/invoke.ts';
import { submit } from './call/submit.ts';
import { attenuate } from './grant/attenuate.ts';
import {
  approveCapability,
  deleteCapability,
  listCapabilities,
  registerCapability,
  requestCapabilities,
} from './grant/capabilities.ts';
import { grant } from './grant/grant.ts';
import { listGrants, revoke, revokeGrant } from './grant/revoke.ts';
import { redeemPermit, verifyPermit } from './outcome/permits.ts';
import { report } from './outcome/report.ts';
import { resolve } from './outcome/resolve.ts';
import { listBudgets } from './query/budgets.ts';
import { explain } from './query/explain.ts';
import { query, record } from './query/journal.ts';
import { status } from './query/status.ts';
import { expand } from './result/expand.ts';
import { frameStream } from './result/stream/frame-stream.ts';
import { invalidate, listInvalidations, onInvalidation, restore } from './session/invalidate.ts';
import { quarantine } from './session/quarantine.ts';
import { addTurn, closeSession, findSession, openSession, view } from './session/sessions.ts';
import { vouch } from './session/vouch.ts';

const MOST_IN_BATCH = 1_000;

export interface Bound extends Kernel {
  /** As `submit`; the signal says that the requester went away. */
  submit(request: ActionRequest, signal?: AbortSignal): ReturnType<Kernel['submit']>;
  invoke(request: InvokeRequest, signal?: AbortSignal): ReturnType<Kernel['invoke']>;
}

export function bind(
  parts: Parts,
  caller: Caller,
  recall: Recall,
  closeAll: () => Promise<void>,
): Bound {
  const lacks = (right: string) =>
    new PortcullisError('forbidden', `this needs the right ${right}`);
  const need = (right: Right): void => {
    if (!caller.rights.has(right)) throw lacks(right);
  };
  const lacksAny = (...rights: Right[]): PortcullisError | undefined =>
    rights.some((right) => caller.rights.has(right)) ? undefined : lacks(rights.join(' or '));
  const needAny = (...rights: Right[]): void => {
    const refused = lacksAny(...rights);
    if (refused !== undefined) throw refused;
  };
  const scope = {
    tenant: caller.tenant,
    principal: caller.rights.has('journal') ? undefined : caller.principal.id,
    actsAs: caller.mayAssert.principals,
    bears: [...caller.principal.roles, ...caller.mayAssert.roles],
    approves: caller.rights.has('approve') ? caller.principal : undefined,
  };
  return Object.freeze({
    // `submit`, `decide`, `grant` and `invoke` are not async: waiting once more would cost each decision a turn of the queue.
    submit: (request: ActionRequest, signal?: AbortSignal) =>
      caller.rights.has('submit')
        ? submit(parts, caller, request, { recall, signal })
        : Promise.reject(lacks('submit')),
    submitStream: (request: ActionRequest) =>
      frameStream(async (sink, signal) => {
        need('submit');
        return submit(parts, caller, request, { recall, signal, sink });
      }),
    decide: (request: DecideRequest) =>
      caller.rights.has('decide')
        ? decide(parts, caller, request)
        : Promise.reject(lacks('decide')),
    async decideBatch(requests: readonly DecideRequest[]) {
      need('decide');
      if (!Array.isArray(requests))
        throw new PortcullisError('malformed_request', 'a batch is an array');
      if (requests.length > MOST_IN_BATCH)
        throw new PortcullisError('too_large', `a batch holds at most ${MOST_IN_BATCH} requests`);
      return decideAll(parts, caller, requests);
    },
    async report(given: OutcomeReport) {
      need('outcomes');
      return report(parts, caller, given);
    },
    async verifyPermit(check: PermitCheck) {
      need('outcomes');
      return verifyPermit(parts, caller, check);
    },
    async redeemPermit(check: PermitCheck) {
      need('outcomes');
      return redeemPermit(parts, caller, check);
    },
    async explain(id: string) {
      need('explain');
      return explain(parts, caller, id);
    },
    grant: (request: GrantRequest) => {
      const refused = lacksAny('submit', 'decide');
      return refused === undefined ? grant(parts, caller, request) : Promise.reject(refused);
    },
    async attenuate(request: AttenuateRequest) {
      return attenuate(parts, request);
    },
    async grants(asked: GrantQuery = {}) {
      need('explain');
      return listGrants(parts, caller, asked);
    },
    async revokeGrant(id: string) {
      return revokeGrant(parts, caller, id);
    },
    async revoke(request: RevokeRequest) {
      return revoke(parts, caller, request);
    },
    invoke: (request: InvokeRequest, signal?: AbortSignal) => {
      const refused = lacksAny('submit', 'decide');
      return refused === undefined
        ? invoke(parts, caller, request, { recall, signal })
        : Promise.reject(refused);
    },
    invokeStream: (request: InvokeRequest) =>
      frameStream(async (sink, signal) => {
        needAny('submit', 'decide');
        return invoke(parts, caller, request, { recall, signal, sink });
      }),
    async expand(request: ExpandRequest) {
      needAny('submit', 'outcomes');
      return expand(parts, caller, request);
    },
    async capabilities() {
      needAny('submit', 'decide', 'policy');
      return listCapabilities(parts, caller);
    },
    async requestCapabilities(goal: CapabilityGoal) {
      needAny('submit', 'decide');
      return requestCapabilities(parts, caller, goal);
    },
    async registerCapability(definition: CapabilityDefinition) {
      return registerCapability(parts, caller, definition);
    },
    async approveCapability(id: string, digest: string) {
      return approveCapability(parts, caller, id, digest);
    },
    async deleteCapability(id: string) {
      return deleteCapability(parts, caller, id);
    },
    async budgets() {
      need('explain');
      return listBudgets(parts, caller);
    },
    async approvals(asked: ApprovalQuery = {}) {
      return listApprovals(parts, caller, asked);
    },
    async approval(id: string) {
      return findApproval(parts, caller, id);
    },
    async answerApproval(id: string, answer: ApprovalAnswer) {
      need('approve');
      return (await answerApprovals(parts, caller, [{ ...answer, id }]))[0] as Approval;
    },
    async answerApprovals(answers: readonly ({ id: string } & ApprovalAnswer)[]) {
      need('approve');
      return answerApprovals(parts, caller, answers);
    },
    async withdrawApproval(id: string) {
      return withdrawApproval(parts, caller, id);
    },
    async resume(id: string, signal?: AbortSignal) {
      return resume(parts, caller, id, { recall, signal });
    },
    async openSession(options: SessionOptions = {}) {
      need('sessions:open');
      return openSession(parts, caller, options);
    },
    async session(id?: string) {
      return view(findSession(parts, caller, id));
    },
    async closeSession(id: string) {
      need('sessions:open');
      return closeSession(parts, caller, id);
    },
    async addTurn(id: string, turn: Turn) {
      needAny('submit', 'decide');
      return addTurn(parts, caller, id, turn);
    },
    async quarantine(id: string, level: Quarantine, reason: string) {
      need('quarantine');
      needReason(reason);
      return quarantine(parts, caller, id, level, reason);
    },
    async endorse(id: string, request: VouchRequest) {
      await vouch(parts, caller, 'endorse', { ...request, session: id });
      return view(findSession(parts, caller, id));
    },
    async declassify(id: string, request: VouchRequest) {
      await vouch(parts, caller, 'declassify', { ...request, session: id });
      return view(findSession(parts, caller, id));
    },
    async invalidate(request: InvalidationRequest) {
      return invalidate(parts, caller, request);
    },
    async restore(request: InvalidationRequest) {
      return restore(parts, caller, request);
    },
    async invalidations() {
      need('explain');
      return listInvalidations(parts, scope);
    },
    onInvalidation(listener: InvalidationListener, options?: ListenOptions) {
      need('explain');
      return onInvalidation(parts, scope, listener, options);
    },
    async policy() {
      needAny('policy', 'journal');
      return policyView(parts, caller);
    },
    async replacePolicy(text: string, format: PolicyFormat = 'yaml') {
      return replacePolicy(parts, caller, text, format);
    },
    async checkPolicy(text: string, format: PolicyFormat = 'yaml') {
      need('policy');
      return checkPolicy(text, format);
    },
    async createScope(request: ScopeRequest) {
      return createScope(parts, caller, request);
    },
    async replaceScope(id: string, text: string, format: PolicyFormat = 'yaml') {
      return replaceScope(parts, caller, id, text, format);
    },
    async dropScope(id: string) {
      return dropScope(parts, caller, id);
    },
    async freeze(on: boolean, reason: string) {
      return freeze(parts, caller, on, reason);
    },
    async journal(asked: JournalQuery = {}) {
      need('explain');
      return query(parts, caller, asked);
    },
    async record(seq: number) {
      need('explain');
      return record(parts, caller, seq);
    },
    async proof(seq: number) {
      need('journal');
      return parts.journal.proof(seq);
    },
    async checkpoint() {
      return parts.journal.checkpoint();
    },
    async verify() {
      need('journal');
      return parts.journal.verify();
    },
    async resolve(id: string, outcome: 'happened' | 'not') {
      return resolve(parts, caller, id, outcome);
    },
    async status() {
      return status(parts, caller.tenant);
    },
    events: (options: { after?: number; signal?: AbortSignal } = {}) =>
      parts.events.follow(scope, options.after, options.signal),
    close: closeAll,
  });
}
