/** A held action as the task of an access request: its status and, once people approved it, what to evaluate again with. Nothing of who they are. */
import type { Approval, ApprovalStatus, JsonObject } from '@portcullis/wire';
import type { Call } from '../route.ts';
import { approvalState } from './approval.ts';

const STATUS: Readonly<Record<ApprovalStatus, string>> = Object.freeze({
  open: 'pending',
  approved: 'approved',
  used: 'approved',
  denied: 'denied',
  expired: 'expired',
  withdrawn: 'cancelled',
});

const TITLES: Readonly<Record<string, string>> = Object.freeze({
  pending: 'Waiting for approval',
  approved: 'Approved',
  denied: 'Denied',
  expired: 'Nobody approved it in time',
  cancelled: 'Cancelled',
});

/** `endpoint`: where access requests go. */
export function taskOf(
  call: Call<unknown, unknown>,
  approval: Approval,
  endpoint: string,
): JsonObject {
  const { id, expires } = approval;
  const status = STATUS[approval.status];
  const until = new Date(expires).toISOString();
  const own = `${endpoint}/${id}`;
  return {
    task: {
      id,
      status,
      status_endpoint: own,
      ...(status === 'pending' ? { expires_at: until, links: { cancel: `${own}/cancel` } } : {}),
      display: { title: TITLES[status] as string },
    },
    ...(status === 'approved' ? { result: resultOf(call, approval) } : {}),
  };
}

function resultOf(
  call: Call<unknown, unknown>,
  { id, answers, requested, expires }: Approval,
): JsonObject {
  const last = answers.findLast(({ decision }) => decision === 'approve');
  const at = Date.parse(last?.at ?? requested);
  return {
    mode: 'reevaluate',
    approval: {
      id,
      ...(last === undefined ? {} : { approved_at: last.at }),
      approved_until: new Date(expires).toISOString(),
      state: approvalState(call, id, at, expires),
    },
  };
}
