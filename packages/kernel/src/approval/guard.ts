/**
 * The approval stage settles the demands that are left. Who resumes a held action passes where people approved exactly this, for the rules that ask
 * now; anything else that people have to see is held, once.
 */
import { type Answer, type Demand, type Evaluation, type Guard, PASS } from '../gate/guard.ts';
import type { Approvals } from './approvals.ts';
import { isSettled, type Requested } from './approvers.ts';
import { type Ask, type Held, type RecordedAnswer, statusOf } from './held.ts';

export interface ApprovalChecks {
  readonly approvals: Approvals;
  /** Salted commitment to a text that is hashed first, lower-case hex. */
  readonly commitText: (text: string) => string;
  /** Salted commitment to a digest. */
  readonly commit: (digest: string) => string;
  /** Whether somebody who answered may no longer: what they approved is void. */
  readonly over: (tenant: string, principal: string, roles: readonly string[]) => boolean;
}

export function approvalGuard(checks: ApprovalChecks): Guard {
  return {
    name: 'approval',
    check(ev): Answer {
      const resume = ev.request?.resume;
      if (ev.demands.length === 0 && resume === undefined) return PASS;
      for (const demand of ev.demands) {
        if (demand.kind === 'judgement')
          return { kind: 'deny', code: 'judge_unavailable', note: `rule ${demand.rule}` };
      }
      const asks = once(ev.demands.flatMap(asAsk));
      if (resume !== undefined) return resumed(checks, ev, asks, resume);
      return asks.length === 0 ? PASS : asked(checks, ev, asks);
    },
  };
}

const asAsk = (demand: Demand): Ask[] =>
  demand.kind === 'approval'
    ? [
        {
          rule: demand.rule,
          digest: demand.digest,
          approvers: demand.approvers,
          quorum: demand.quorum,
        },
      ]
    : [];

/** A rule asks for the delegator of a grant as for who uses it: that is one question. */
const once = (asks: readonly Ask[]): readonly Ask[] =>
  asks.length < 2 ? asks : [...new Map(asks.map((ask) => [ask.digest, ask])).values()];

const required = (asks: readonly Ask[]): Answer => ({
  kind: 'require_approval',
  code: 'approval_required',
  note: asks.map(({ rule }) => `rule ${rule}`).join(', '),
});

function asked(checks: ApprovalChecks, ev: Evaluation, asks: readonly Ask[]): Answer {
  const { approvals } = checks;
  const { action, session } = ev;
  if (action === undefined || session === undefined)
    return { kind: 'deny', code: 'kernel_fault', note: 'nothing reached the approval stage' };
  const { tenant } = ev.caller;
  const resource = checks.commitText(action.resource.value);
  for (const standing of approvals.standing.of(tenant, ev.principal.id, ev.onBehalfOf)) {
    if (!standing.covers(action, resource, session.id, asks, ev.now)) continue;
    if (!stillSettled(checks, ev, standing.terms)) continue;
    const { id } = standing.terms;
    if (ev.execution !== 'none') {
      standing.used += 1;
      ev.reservations.push({
        release: () => {
          standing.used -= 1;
        },
      });
      ev.members = { ...ev.members, approval: { id, standing: true } };
    }
    return { kind: 'pass', note: `approved before, by ${id}` };
  }
  if (ev.execution === 'none') return required(asks);
  const params = checks.commit(action.digest);
  const waiting = approvals.waiting(tenant, session.id, params, asks, ev.now);
  if (waiting === undefined && approvals.full(tenant, ev.principal.id, ev.now))
    return { kind: 'defer', code: 'approvals_full' };
  ev.hold = { asks, resource, shares: waiting };
  return required(asks);
}

function resumed(checks: ApprovalChecks, ev: Evaluation, asks: readonly Ask[], id: string): Answer {
  const held = checks.approvals.get(id, ev.caller.tenant);
  if (held === undefined || held.principal !== ev.principal.id)
    return { kind: 'deny', code: 'unknown_approval' };
  const wrong = voided(checks, ev, asks, held);
  if (wrong !== undefined) return { kind: 'deny', code: 'approval_void', note: wrong };
  switch (statusOf(held, ev.now)) {
    case 'denied': {
      const reason = held.answers.find(({ decision }) => decision === 'deny')?.reason;
      return { kind: 'deny', code: 'approval_denied', ...(reason === undefined ? {} : { reason }) };
    }
    case 'used':
      return { kind: 'deny', code: 'approval_used' };
    case 'expired':
    case 'withdrawn':
      return { kind: 'deny', code: 'approval_expired' };
    case 'open':
      ev.hold = { asks, resource: held.resource, shares: held };
      return required(asks.length === 0 ? held.asks : asks);
    default:
      return consumed(ev, held);
  }
}

/** What was approved is this action, in this session, for the rules that ask now, by people who may still. */
function voided(
  checks: ApprovalChecks,
  ev: Evaluation,
  asks: readonly Ask[],
  held: Held,
): string | undefined {
  if (ev.action === undefined || checks.commit(ev.action.digest) !== held.params)
    return 'another action';
  if (ev.session?.id !== held.session) return 'another session';
  for (const { rule, digest } of asks) {
    if (!held.asks.some((then) => then.digest === digest)) return `rule ${rule} did not ask then`;
  }
  if (held.status !== 'approved') return undefined;
  return stillSettled(checks, ev, held) ? undefined : 'who approved it may no longer';
}

/** Enough of those who approved may still, and none of them delegated the grant that the action comes with. */
function stillSettled(
  { over }: ApprovalChecks,
  ev: Evaluation,
  held: Requested & { readonly answers: readonly RecordedAnswer[]; readonly tenant: string },
): boolean {
  const standing = held.answers.filter(({ by, roles }) => !over(held.tenant, by, roles));
  return isSettled({ ...held, by: [...held.by, ...delegators(ev)] }, standing);
}

export const delegators = ({ grant }: Evaluation): readonly string[] =>
  grant?.by.map(({ id }) => id) ?? [];

function consumed(ev: Evaluation, held: Held): Answer {
  if (held.taken) return { kind: 'deny', code: 'approval_used', note: 'resumed twice at once' };
  const note = `approved by ${held.answers.map(({ by }) => by).join(', ')}`;
  if (ev.execution === 'none') return { kind: 'pass', note };
  held.taken = true;
  ev.reservations.push({
    release: () => {
      held.taken = false;
    },
  });
  ev.members = { ...ev.members, approval: { id: held.id } };
  return { kind: 'pass', note };
}
