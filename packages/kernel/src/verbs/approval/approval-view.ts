/** A held action as people see it: whole, escaped, with the steps that led to it, and who may look. */
import type { Approval, ApprovalStep, JournalRecord } from '@portcullis/wire';
import { notAnApprover } from '../../approval/approvers.ts';
import { answerView, type Held, statusOf } from '../../approval/held.ts';
import { type HeldValue, readHeldValue } from '../../approval/held-value.ts';
import { STANDING_USES } from '../../approval/standing-approval.ts';
import { visible, visibleJson } from '../../frame/screen.ts';
import type { Caller } from '../../gate/guard.ts';
import { mayActAs } from '../../gate/identity.ts';
import type { Parts } from '../../parts.ts';

const STEPS = 10;

export const answererOf = (caller: Caller) => ({
  principal: caller.principal,
  credential: caller.credential,
  mayApprove: caller.rights.has('approve'),
});

const isAnswerable = (held: Held, caller: Caller): boolean =>
  notAnApprover(held, answererOf(caller)) === undefined;

/** To the requester, whoever may answer or could but for having asked too, and an auditor. */
export const isVisible = (held: Held, caller: Caller): boolean =>
  mayActAs(caller, held.principal) ||
  caller.rights.has('journal') ||
  notAnApprover(held, answererOf(caller)) !== 'not_an_approver';

/** Its session is: nobody can resume it. */
export const isOver = ({ state }: Parts, { session, tenant }: Held): boolean =>
  state.sessions.findAny(session, tenant)?.closed !== false;

export async function approvalView(parts: Parts, caller: Caller, held: Held): Promise<Approval> {
  const value = await heldValueOf(parts, held);
  const session = parts.state.sessions.findAny(held.session, held.tenant);
  const status = statusOf(held, parts.now());
  const action = value?.action ?? { name: held.action, resource: '', params: null };
  const shows = value !== undefined || status !== 'open';
  return {
    id: held.id,
    status: shows ? status : 'expired',
    expires: held.expires,
    action: {
      name: action.name,
      resource: visible(action.resource),
      params: visibleJson(action.params),
    },
    principal: visible(held.principal),
    ...(held.onBehalfOf === undefined ? {} : { on_behalf_of: visible(held.onBehalfOf) }),
    ...(held.by.length === 0 ? {} : { delegated_by: held.by.map(visible) }),
    session: held.session,
    requested: new Date(held.at).toISOString(),
    ...(value?.justification === undefined ? {} : { justification: visible(value.justification) }),
    labels: (session?.labels ?? []).map((label) => ({
      ...label,
      source: visible(label.source),
      origin: visible(label.origin),
    })),
    ...chainsOf(held, value, caller),
    asks: held.asks.map(({ rule, approvers, quorum }) => ({
      rule: visible(rule),
      approvers: approvers.map(visible),
      quorum,
    })),
    answers: held.answers.map(answerView),
    steps: await steps(parts, held),
    offers: { action: action.name, resource: visible(action.resource), uses: STANDING_USES },
    answerable: status === 'open' && shows && !isOver(parts, held) && isAnswerable(held, caller),
  };
}

/** For who judges it, and for an auditor; who asked is not told how it is seen through. */
function chainsOf(held: Held, value: HeldValue | undefined, caller: Caller) {
  const chains = value?.chains ?? [];
  const judges = caller.rights.has('journal') || isAnswerable(held, caller);
  return chains.length === 0 || !judges ? {} : { chains: chains.map(visible) };
}

export async function heldValueOf(parts: Parts, held: Held): Promise<HeldValue | undefined> {
  const bytes = await parts.vault.get(held.tenant, held.value);
  return bytes === undefined ? undefined : readHeldValue(bytes);
}

/** By its place in the journal: times may be equal, or of a clock that was set back. */
async function steps({ journal }: Parts, { id, tenant, session }: Held): Promise<ApprovalStep[]> {
  const asked = (await journal.byAction(tenant, id)).find(({ kind }) => kind === 'decision');
  if (asked === undefined) return [];
  const before = { session, kind: 'decision', after: asked.seq, reverse: true } as const;
  const { records } = await journal.query(tenant, { ...before, limit: STEPS });
  return records.map(step).reverse();
}

function step(record: JournalRecord): ApprovalStep {
  const resource = (record.resource as { value?: string } | undefined)?.value;
  return {
    at: record.ts,
    action: record.action as string,
    ...(resource === undefined ? {} : { resource: visible(resource) }),
    effect: record.effect as ApprovalStep['effect'],
    code: record.code as string,
  };
}
