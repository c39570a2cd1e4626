/** What waits for people, and what they say: each answer a record before it counts. Approving executes nothing. */
import { randomBytes } from 'node:crypto';
import type {
  Approval,
  ApprovalAnswer,
  ApprovalQuery,
  ApprovalStatus,
  ApprovalTerm,
  Caveats,
} from '@portcullis/wire';
import { notAnApprover } from '../../approval/approvers.ts';
import { givenMember, type Held, type RecordedAnswer, statusOf } from '../../approval/held.ts';
import { LONGEST, STANDING_USES } from '../../approval/standing-approval.ts';
import { readCaveats } from '../../capability/token/caveats.ts';
import { PortcullisError } from '../../errors.ts';
import { redactText } from '../../frame/index.ts';
import type { Caller } from '../../gate/guard.ts';
import { mayActAs } from '../../gate/identity.ts';
import type { Parts } from '../../parts.ts';
import { eventMembers } from '../../record/event.ts';
import { answererOf, approvalView, heldValueOf, isOver, isVisible } from './approval-view.ts';

const MOST = 1_000;
const STATUSES: ReadonlySet<string> = new Set([
  'open',
  'approved',
  'denied',
  'expired',
  'withdrawn',
  'used',
] satisfies ApprovalStatus[]);

/** To who may not see it there is no such thing. */
function find(parts: Parts, caller: Caller, id: string): Held {
  const held = parts.approvals.get(id, caller.tenant);
  if (held === undefined || !isVisible(held, caller)) throw new PortcullisError('not_found');
  return held;
}

export async function listApprovals(
  parts: Parts,
  caller: Caller,
  query: ApprovalQuery,
): Promise<readonly Approval[]> {
  const { limit = 100, status, session, principal } = query;
  if (!Number.isSafeInteger(limit) || limit < 1 || limit > MOST)
    throw new PortcullisError('malformed_request', `limit is a whole number of 1 to ${MOST}`);
  if (status !== undefined && !STATUSES.has(status))
    throw new PortcullisError('malformed_request', `status is one of ${[...STATUSES].join(', ')}`);
  const found: Held[] = [];
  for (const held of parts.approvals.all(caller.tenant)) {
    if (found.length === limit) break;
    if (status !== undefined && statusOf(held, parts.now()) !== status) continue;
    if (session !== undefined && held.session !== session) continue;
    if (principal !== undefined && held.principal !== principal) continue;
    if (isVisible(held, caller)) found.push(held);
  }
  return Promise.all(found.map((held) => approvalView(parts, caller, held)));
}

export const findApproval = async (parts: Parts, caller: Caller, id: string): Promise<Approval> =>
  approvalView(parts, caller, find(parts, caller, id));

/** One answer, or several of which all count or none. */
export async function answerApprovals(
  parts: Parts,
  caller: Caller,
  answers: readonly ({ id: string } & ApprovalAnswer)[],
): Promise<readonly Approval[]> {
  if (!Array.isArray(answers) || answers.length === 0 || answers.length > MOST)
    throw new PortcullisError('malformed_request', `answers are a list of 1 to ${MOST}`);
  if (new Set(answers.map(({ id }) => id)).size < answers.length)
    throw new PortcullisError('malformed_request', 'an action is answered once');
  await allShown(parts, caller, answers);
  const at = parts.now();
  const ready = answers.map((answer) => ({
    held: answerable(parts, caller, answer, at),
    given: given(caller, answer, at),
  }));
  const batch =
    ready.length === 1 ? {} : { batch: { id: randomBytes(16).toString('hex'), of: ready.length } };
  const before = ready.map(({ held: { status, expires } }) => ({ status, expires }));
  const written = ready.map(({ held, given: one }) => {
    const fields = { id: held.id, session: held.session, principal: held.principal };
    const said = one.reason === undefined ? {} : { reason: one.reason };
    return parts.journal.append({
      kind: 'approval',
      tenant: held.tenant,
      at,
      members: eventMembers('answered', { ...fields, ...said }, { ...givenMember(one), ...batch }),
    });
  });
  for (const { held, given: one } of ready) parts.approvals.answer(held.id, one);
  try {
    await Promise.all(written.map(({ durable }) => durable));
  } catch (error) {
    // A denial that could not be written stays; an approval does not.
    ready.forEach(({ held, given: one }, index) => {
      if (one.decision === 'approve')
        parts.approvals.unanswer(held.id, one, before[index] as (typeof before)[number]);
    });
    throw error;
  }
  ready.forEach(({ held }, index) => {
    announce(parts, held, 'answered', at, written[index]?.seq);
  });
  return Promise.all(ready.map(({ held }) => approvalView(parts, caller, held)));
}

/** Nobody approves what nobody can be shown: where the vault has lost it, it is expired. */
async function allShown(
  parts: Parts,
  caller: Caller,
  answers: readonly ({ id: string } & ApprovalAnswer)[],
): Promise<void> {
  const all = answers.map((answer) => answerable(parts, caller, answer, parts.now()));
  for (const [index, held] of all.entries()) {
    if (answers[index]?.decision !== 'approve') continue;
    if ((await heldValueOf(parts, held)) === undefined)
      throw new PortcullisError('conflict', 'it is expired already');
  }
}

/** The held action, where this caller may answer it now. */
function answerable(
  parts: Parts,
  caller: Caller,
  answer: { id: string } & ApprovalAnswer,
  now: number,
): Held {
  const held = find(parts, caller, answer.id);
  const wrong = notAnApprover(held, answererOf(caller));
  if (wrong !== undefined) throw new PortcullisError(wrong);
  const status = statusOf(held, now);
  const goesOn =
    status === 'approved' || status === 'used' || parts.approvals.standing.lastsOf(held, now);
  const revokes = answer.decision === 'deny' && goesOn;
  if (status !== 'open' && !revokes)
    throw new PortcullisError('conflict', `it is ${status} already`);
  if (status === 'open' && held.answers.some(({ by }) => by === caller.principal.id))
    throw new PortcullisError('conflict', 'answered already, by the same principal');
  if (answer.decision === 'approve' && isOver(parts, held))
    throw new PortcullisError('session_closed', 'its session is closed: nobody can resume it');
  return held;
}

function given(caller: Caller, answer: ApprovalAnswer, now: number): RecordedAnswer {
  const { decision, reason, narrow } = answer;
  if (decision !== 'approve' && decision !== 'deny')
    throw new PortcullisError('malformed_request', 'decision is approve or deny');
  if (reason !== undefined && (typeof reason !== 'string' || reason.length > 1_000))
    throw new PortcullisError(
      'malformed_request',
      'a reason is a text of at most 1,000 characters',
    );
  return {
    by: caller.principal.id,
    credential: caller.credential,
    roles: caller.principal.roles,
    decision,
    at: now,
    for: termOf(answer, now),
    ...(narrow === undefined ? {} : { narrow: caveatsOf(answer, narrow) }),
    ...(reason === undefined || reason === '' ? {} : { reason: redactText(reason, 1_000).text }),
  };
}

function termOf({ decision, for: term = 'once' }: ApprovalAnswer, now: number): ApprovalTerm {
  if (decision === 'deny' && term !== 'once')
    throw new PortcullisError('malformed_request', 'for belongs to an approval');
  if (term === 'once' || term === 'session') return term;
  const { until } = (term ?? {}) as { until?: unknown };
  if (!Number.isSafeInteger(until) || Object.keys(term).length !== 1)
    throw new PortcullisError('malformed_request', 'for is once, session or {until: milliseconds}');
  if ((until as number) <= now || (until as number) > now + LONGEST)
    throw new PortcullisError('malformed_request', 'until lies within a day from now');
  return { until: until as number };
}

function caveatsOf({ decision, for: term = 'once' }: ApprovalAnswer, narrow: Caveats): Caveats {
  if (decision === 'deny' || term === 'once')
    throw new PortcullisError('malformed_request', 'narrow belongs to a longer approval');
  const read = readCaveats(narrow);
  if (!read.ok) throw new PortcullisError(read.code, `narrow: ${read.message}`);
  if (read.caveats.proof_key !== undefined)
    throw new PortcullisError('malformed_request', 'narrow: an approval proves no key');
  if ((read.caveats.uses ?? 0) > STANDING_USES)
    throw new PortcullisError('malformed_request', `narrow: uses: at most ${STANDING_USES}`);
  return read.caveats;
}

export async function withdrawApproval(
  parts: Parts,
  caller: Caller,
  id: string,
): Promise<Approval> {
  const held = find(parts, caller, id);
  if (!mayActAs(caller, held.principal))
    throw new PortcullisError('forbidden', 'who asked may withdraw it');
  const at = parts.now();
  const status = statusOf(held, at);
  if (status !== 'open' && status !== 'approved')
    throw new PortcullisError('conflict', `it is ${status} already`);
  await withdraw(parts, held, caller.principal.id, at);
  return approvalView(parts, caller, held);
}

/** What waits in a session that ends can never be resumed: nobody is asked about it any more. */
export async function withdrawAllOf(parts: Parts, caller: Caller, session: string): Promise<void> {
  const at = parts.now();
  const waiting = [...parts.approvals.all(caller.tenant)].filter((held) => {
    const status = statusOf(held, at);
    return held.session === session && (status === 'open' || status === 'approved');
  });
  await Promise.all(waiting.map((held) => withdraw(parts, held, caller.principal.id, at)));
}

async function withdraw(parts: Parts, held: Held, by: string, at: number): Promise<void> {
  const { durable, seq } = note(parts, held, 'withdrawn', at, { by });
  parts.approvals.withdraw(held.id);
  await durable;
  announce(parts, held, 'withdrawn', at, seq);
}

/** Says of those that ran out of time since the last look that they did. */
export function sweepApprovals(parts: Parts, since: number): void {
  const at = parts.now();
  for (const held of parts.approvals.sweep(since, at)) {
    const record = parts.journal.writable ? note(parts, held, 'expired', at, {}) : undefined;
    record?.durable.catch(() => {});
    announce(parts, held, 'expired', at, record?.seq);
  }
}

function note(parts: Parts, held: Held, event: string, at: number, more: { by?: string }) {
  const { id, session, principal } = held;
  return parts.journal.append({
    kind: 'approval',
    tenant: held.tenant,
    at,
    members: eventMembers(event, { id, session, principal, ...more }),
  });
}

function announce(
  parts: Parts,
  held: Held,
  change: string,
  at: number,
  record: number | undefined,
): void {
  const { id, action, session, status } = held;
  parts.events.emit(
    held.tenant,
    held.principal,
    'approval',
    at,
    {
      id,
      change,
      action,
      session,
      status: change === 'expired' ? change : status,
      ...(record === undefined ? {} : { record }),
    },
    { approvers: held.asks.flatMap(({ approvers }) => approvers) },
  );
}
