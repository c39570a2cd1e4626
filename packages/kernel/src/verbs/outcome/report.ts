/** `report`: what came of an action that the host executed. It is learned, framed and journaled like what a provider gives. */
import type { Json, Label, OutcomeAnswer, OutcomeReport, PermitClaims } from '@portcullis/wire';
import { PortcullisError } from '../../errors.ts';
import { redactText } from '../../frame/index.ts';
import type { ViewLimits } from '../../frame/types.ts';
import type { Caller } from '../../gate/guard.ts';
import { mayActAs } from '../../gate/identity.ts';
import type { Appended } from '../../journal/types.ts';
import type { Parts } from '../../parts.ts';
import type { PendingAction } from '../../state/pending.ts';
import { checkMode, type Framed, forgo, framed, keep, type Viewer } from '../result/framed.ts';
import { digestOf, measured } from '../result/measured.ts';
import { closeUnreported, type PendingOutcome, settlePending } from './settle-pending.ts';

/** What the capability lets a frame show. One that is gone shows nothing: what it hid is not known any more. */
function limitsOf({ granting }: Parts, { tenant, grant }: PendingAction): ViewLimits | undefined {
  if (grant === undefined) return undefined;
  const capability = grant.capability ?? granting.grants.get(grant.id)?.terms.capability;
  const found = capability === undefined ? undefined : granting.book.find(capability, tenant);
  const view = found === undefined ? { fields: [] } : found.view;
  return { ...view, grant: grant.id };
}

/** Of milliseconds or tokens that one action used: far more than there can be, and sums of it stay exact. */
const MOST_USED = 1_000_000_000_000;
const STATUSES: readonly unknown[] = ['ok', 'error', 'unknown'];

const isAmount = (value: unknown): boolean =>
  typeof value === 'number' && value >= 0 && value <= MOST_USED;

/** Throws `malformed_request` for what no action can have come to: budgets add it up, and its record holds it as it is. */
function checkReport({ status, duration_ms: duration, usage }: OutcomeReport): void {
  const wrong = (message: string) => new PortcullisError('malformed_request', message);
  if (!STATUSES.includes(status)) throw wrong(`status is one of ${STATUSES.join(', ')}`);
  if (duration !== undefined && !isAmount(duration))
    throw wrong(`duration_ms is a number of 0 to ${MOST_USED}`);
  const tokens = usage?.tokens;
  if (tokens !== undefined && !(isAmount(tokens) && Number.isSafeInteger(tokens)))
    throw wrong(`usage.tokens is a whole number of 0 to ${MOST_USED}`);
}

export async function report(
  parts: Parts,
  caller: Caller,
  given: OutcomeReport,
): Promise<OutcomeAnswer> {
  const { id } = claimsOf(parts, caller, given);
  checkMode(parts, caller, given.response_mode);
  checkReport(given);
  const pending = parts.state.pending.get(id);
  if (pending === undefined || pending.execution !== 'host') throw known();
  if (closeUnreported(parts, pending, parts.now())) throw known();
  const data = given.result as Json | undefined;
  const labels = learned(parts, pending, data ?? given.error);
  const error =
    given.error === undefined
      ? undefined
      : { code: 'provider_error', message: redactText(given.error, 1_024).text };
  const { tenant, principal, session, action } = pending;
  const viewer: Viewer = { tenant, principal, session, id, action };
  const whole = data === undefined ? undefined : measured(data);
  const making =
    whole === undefined
      ? undefined
      : framed(parts, viewer, whole, labels, given.response_mode, limitsOf(parts, pending));
  const made = making instanceof Promise ? await making : making;
  if (parts.state.pending.get(id) !== pending) {
    if (made !== undefined) forgo(parts, viewer, made);
    throw known();
  }
  const frame = made?.frame;
  const duration = given.duration_ms ?? 0;
  parts.behaviours.dataFlow.settled(id, data ?? given.error);
  const record = settleOrForgo(parts, viewer, made, pending, {
    status: given.status,
    error,
    duration,
    result: whole === undefined ? undefined : parts.commit(digestOf(whole)),
    frame,
    labels,
    handle: made?.handle,
    tokens: made?.tokens,
    usage: given.usage,
  });
  const used = { bytes: frame?.bytes, time: duration, tokens: given.usage?.tokens };
  parts.ledger.settle(id, used, parts.now());
  if (made !== undefined) keep(parts, viewer, made);
  await record.durable;
  return {
    id,
    outcome:
      error === undefined
        ? { status: given.status, duration_ms: duration }
        : { status: given.status, error, duration_ms: duration },
    ...(frame === undefined ? {} : { frame }),
    record: { seq: record.seq, hash: record.hash },
    unredeemed: !pending.redeemed,
  };
}

/** Throws `permit_invalid` where it is no permit of this caller's. */
function claimsOf(parts: Parts, caller: Caller, { permit }: OutcomeReport): PermitClaims {
  const claims = parts.readPermit(permit);
  const own = claims?.tenant === caller.tenant && mayActAs(caller, claims.principal);
  if (claims === undefined || !own) throw new PortcullisError('permit_invalid');
  return claims;
}

/** What the host says came back, learned like what a provider gives; nobody vouches for it. */
function learned(
  parts: Parts,
  { id, tenant, session, action }: PendingAction,
  data: Json | undefined,
): readonly Label[] {
  const { flows, state } = parts;
  return flows.outcome({
    id,
    tenant,
    session: session === undefined ? undefined : state.sessions.findAny(session, tenant),
    action,
    data,
    labels: [
      { source: 'host', origin: action, integrity: 'untrusted', confidentiality: 'private' },
    ],
  });
}

const known = (): PortcullisError =>
  new PortcullisError('conflict', 'the outcome of this action is known already');

function settleOrForgo(
  parts: Parts,
  viewer: Viewer,
  made: Framed | undefined,
  pending: PendingAction,
  facts: PendingOutcome,
): Appended {
  try {
    return settlePending(parts, pending, facts);
  } catch (error) {
    if (made !== undefined) forgo(parts, viewer, made);
    throw error;
  }
}
