/** Holding an action: its value goes into the vault first, then the decision that names it is written, and with that record it waits. */

import { delegators } from '../../approval/guard.ts';
import { type Held, type HeldMember, heldBy, statusOf } from '../../approval/held.ts';
import { heldValue } from '../../approval/held-value.ts';
import type { Evaluation } from '../../gate/guard.ts';
import { type Judgement, refusal } from '../../gate/judgement.ts';
import type { Appended } from '../../journal/types.ts';
import type { Parts } from '../../parts.ts';

/** How long the vault keeps one behind its time, for who looks at what is over. */
const KEPT = 86_400_000;

/** Puts what is to be held into the vault. Undefined where nothing is to be held, or it waits already. */
export async function keepHeld(
  parts: Parts,
  ev: Evaluation,
  judged: Judgement,
): Promise<string | undefined> {
  if (judged.effect !== 'require_approval' || ev.hold?.shares !== undefined) return undefined;
  const ttl = parts.approvals.limits.ttl + KEPT;
  return await parts.vault.put(ev.caller.tenant, 'held', heldValue(ev), ttl);
}

/** In the run that appends the decision, right before: what is to be recorded, or why it cannot be held. `value` is its name in the vault. */
export function settleHold(
  parts: Parts,
  ev: Evaluation,
  judged: Judgement,
  value: string | undefined,
): Judgement {
  const { hold } = ev;
  if (hold === undefined || judged.effect !== 'require_approval') return judged;
  const { approvals } = parts;
  const { tenant } = ev.caller;
  // Others were asked while the vault wrote.
  hold.shares ??= approvals.waiting(
    tenant,
    ev.session?.id ?? '',
    parts.commit(ev.action?.digest ?? ''),
    hold.asks,
    ev.now,
  );
  if (hold.shares !== undefined) {
    ev.members = { ...ev.members, waits: hold.shares.id };
    return judged;
  }
  if (value === undefined) return refusal('approval', 'store_unavailable');
  if (approvals.full(tenant, ev.principal.id, ev.now))
    return refusal('approval', 'approvals_full', { effect: 'defer' });
  const { asks, resource } = hold;
  const by = delegators(ev);
  const held: HeldMember = {
    value,
    expires: ev.now + approvals.limits.ttl,
    asks,
    resource,
    ...(by.length === 0 ? {} : { by }),
  };
  ev.members = { ...ev.members, held: held as never };
  return judged;
}

/** What was kept to be held and is not: an equal one waits already, there was no room, or its record could not be written. */
export async function forgoHold(
  parts: Parts,
  { caller, hold }: Evaluation,
  value: string | undefined,
): Promise<void> {
  if (value === undefined || hold?.shares?.value === value) return;
  try {
    await parts.vault.letGo(caller.tenant, value);
  } catch {
    // It goes when it expires.
  }
}

/** In the run that appended the decision. */
export function recordHold(parts: Parts, ev: Evaluation, record: Appended): void {
  const by = ev.members?.approval as { id: string; standing?: boolean } | undefined;
  if (by !== undefined && by.standing !== true) parts.approvals.use(by.id, ev.id);
  const member = ev.members?.held;
  if (member === undefined || ev.hold === undefined) return;
  const held: Held = heldBy({
    v: 1,
    seq: record.seq,
    ts: new Date(ev.now).toISOString(),
    kind: 'decision',
    id: ev.id,
    tenant: ev.caller.tenant,
    principal: ev.principal.id,
    ...(ev.onBehalfOf === undefined ? {} : { on_behalf_of: ev.onBehalfOf }),
    session: ev.session?.id ?? '',
    caller: ev.caller.credential,
    action: ev.action?.name ?? '',
    params: parts.commit(ev.action?.digest ?? ''),
    held: member,
  } as never);
  parts.approvals.hold(held);
  ev.hold.shares = held;
  parts.events.emit(
    held.tenant,
    held.principal,
    'approval',
    ev.now,
    {
      id: held.id,
      change: 'requested',
      action: held.action,
      session: held.session,
      record: record.seq,
    },
    { approvers: held.asks.flatMap(({ approvers }) => approvers) },
  );
}

/** For the requester: what to resume. */
export const approvalRef = (ev: Evaluation) => {
  const held = ev.hold?.shares;
  return held === undefined
    ? undefined
    : { id: held.id, status: statusOf(held, ev.now), expires: held.expires };
};
