/** Outcomes of what was permitted and is open: reported by the host, not reported in time, or cut short by the end of the process. */
import type { Label } from '@portcullis/wire';
import { BYTES_PER_TOKEN } from '../../frame/session-tokens.ts';
import type { Appended } from '../../journal/types.ts';
import type { Parts } from '../../parts.ts';
import { type OutcomeFacts, outcomeMembers } from '../../record/outcome.ts';
import type { PendingAction } from '../../state/pending.ts';

/** What its outcome says beside who did what. */
export type PendingOutcome = Omit<
  OutcomeFacts,
  'id' | 'session' | 'principal' | 'action' | 'redeemed'
>;

export function settlePending(
  parts: Parts,
  pending: PendingAction,
  facts: PendingOutcome,
): Appended {
  const at = parts.now();
  const members = outcomeMembers({
    id: pending.id,
    session: pending.session,
    principal: pending.principal,
    action: pending.action,
    redeemed: pending.redeemed,
    ...facts,
  });
  const record = parts.journal.append({ kind: 'outcome', tenant: pending.tenant, at, members });
  parts.state.settled(pending.id, facts.status, facts.labels ?? [], undefined);
  parts.flows.stored.settle(pending.tenant, pending.id, facts.status);
  parts.events.settled(pending.tenant, pending.principal, at, {
    id: pending.id,
    session: pending.session ?? '',
    action: pending.action,
    came: facts.status,
  });
  return record;
}

/** Closes what the host was to report and did not. Oldest first, so it stops at the first whose permit may still be used. */
export function sweepUnreported(parts: Parts): void {
  const now = parts.now();
  for (const pending of parts.state.pending.all()) {
    if (now - pending.at <= parts.settings.permitTtl) return;
    closeUnreported(parts, pending, now);
  }
}

/** Whether its time is over, and it was closed for that. */
export function closeUnreported(parts: Parts, pending: PendingAction, now: number): boolean {
  if (pending.execution !== 'host') return false;
  if (now - pending.at <= parts.settings.permitTtl + reportWithin(parts, pending)) return false;
  settlePending(parts, pending, {
    status: 'not_reported',
    error: { code: 'not_reported', message: 'the host did not report in time' },
    duration: 0,
  });
  parts.behaviours.dataFlow.settled(pending.id, undefined);
  return true;
}

/** What the capability says as it is defined now, where it was asked for with a grant of one. */
function reportWithin({ granting, settings }: Parts, { grant, tenant }: PendingAction): number {
  const capability = grant?.capability;
  const found = capability === undefined ? undefined : granting.book.find(capability, tenant);
  return found?.reportWithin ?? settings.reportWithin;
}

/** Of what a stream showed before the process died, nobody knows any more whose words it was, nor how secret. */
const ANYBODYS: readonly Label[] = Object.freeze([
  Object.freeze({
    source: '*',
    origin: '*',
    integrity: 'untrusted',
    confidentiality: 'secret',
  } as const),
]);

/** What the frames of a stream may have taken at most. */
function tokensOf(
  { budgets, settings, tokens }: Parts,
  pending: PendingAction,
): number | undefined {
  if (pending.streams !== true || pending.session === undefined || !tokens.counts) return undefined;
  const one = settings.rawRoles.size === 0 ? budgets.bytes : Math.max(budgets.bytes, budgets.raw);
  const bytes = budgets.stream ?? one;
  return tokens.take(pending.session, Math.ceil(bytes / BYTES_PER_TOKEN));
}

/** After a restart: what was about to run when the process died. Never retried. */
export function settleInterrupted(parts: Parts): number {
  let count = 0;
  for (const pending of [...parts.state.pending.all()]) {
    if (pending.execution === 'host') continue;
    const tokens = tokensOf(parts, pending);
    settlePending(parts, pending, {
      status: 'unknown',
      error: { code: 'unknown_outcome', message: 'the process ended before the outcome was known' },
      duration: 0,
      ...(pending.streams === true ? { labels: ANYBODYS, tokens } : {}),
    });
    if (tokens !== undefined) parts.tokens.settle(pending.session as string, tokens);
    count += 1;
  }
  return count;
}
