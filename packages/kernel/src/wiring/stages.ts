/** The stages of the gate, each made with what it needs, in the order that gate/order.ts states. */
import { hash } from 'node:crypto';
import type { Approvals } from '../approval/approvals.ts';
import { approvalGuard } from '../approval/guard.ts';
import type { Behaviours } from '../behaviour/call-matcher.ts';
import { behaviourGuard } from '../behaviour/guard.ts';
import { budgetGuard } from '../budget/guard.ts';
import type { Ledger } from '../budget/ledger.ts';
import type { Granting } from '../capability/grants/granting.ts';
import { capabilityGuard } from '../capability/guard.ts';
import type { Flows } from '../flow/flows.ts';
import { flowGuard } from '../flow/guard.ts';
import { FlowView } from '../flow/view.ts';
import { admissionGuard } from '../gate/admission.ts';
import { Gate } from '../gate/gate.ts';
import type { Evaluation, Guard } from '../gate/guard.ts';
import { modifier } from '../gate/modify.ts';
import { arrange } from '../gate/order.ts';
import type { PermitOffice } from '../gate/permit.ts';
import { permitGuard } from '../gate/permit-guard.ts';
import { invariantsGuard, policyGuard } from '../policy/guard.ts';
import type { PolicyOrigin } from '../policy/in-force/origin.ts';
import type { Registry } from '../provider/types.ts';
import type { SessionState } from '../session/state.ts';
import type { KernelState } from '../state/state.ts';

export interface Staged {
  readonly registry: Registry;
  readonly startDir: string;
  readonly state: KernelState;
  readonly origin: PolicyOrigin;
  readonly flows: Flows;
  readonly behaviours: Behaviours;
  readonly granting: Granting;
  readonly sessionStage: Guard;
  readonly sessionOf: (ev: Evaluation, id: string | undefined) => SessionState | undefined;
  readonly approvals: Approvals;
  readonly ledger: Ledger;
  readonly office: PermitOffice;
  readonly permitTtl: number;
  readonly commit: (hexDigest: string) => string;
}

export function stagesOf(staged: Staged): Gate {
  const { registry, startDir, state, origin, flows, behaviours, granting } = staged;
  const { sessionStage, sessionOf, approvals, ledger, office, permitTtl, commit } = staged;
  return new Gate(
    arrange({
      admission: admissionGuard({
        registry,
        startDir,
        frozen: (tenant) => state.freezes.stops(tenant),
        scopes: origin.scopes,
        session: sessionOf,
        flow: (session, said) => new FlowView(flows, session, said),
        bear: ({ caller, now: at }, { id }, said) => state.sees(caller.tenant, id, said, at),
      }),
      session: sessionStage,
      invariants: invariantsGuard(origin.current),
      capability: capabilityGuard(granting),
      policy: policyGuard(origin.current, state.rates),
      flow: flowGuard(),
      behaviour: behaviourGuard(origin.current, behaviours),
      approval: approvalGuard({
        approvals,
        commit,
        commitText: (text) => commit(hash('sha256', text, 'hex')),
        over: (tenant, principal, roles) =>
          state.invalidations.of({ tenant, principals: [principal], roles: [roles] }) !== undefined,
      }),
      budget: budgetGuard(state.rates, origin.current, ledger),
      permit: permitGuard(office, permitTtl, (...who) => state.pending.full(...who)),
    }),
    modifier(registry, startDir),
  );
}
