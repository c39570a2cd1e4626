/**
 * Tools that the host executes: `decide` gives a signed permit, the executor may redeem it, the host reports what came of it. The permit's life bounds the
 * start, `report_within` the report; what is never reported shows as `not_reported`.
 */
import type {
  Json,
  Label,
  OutcomeAnswer,
  OutcomeReport,
  PermitCheck,
  PermitClaims,
  PermitStatus,
  Result,
} from '@portcullis/wire';
import { actionDigest, canonicalize } from '../action/index.ts';
import { type Code, PortcullisError } from '../errors.ts';
import { redactText } from '../frame/index.ts';
import type { ViewLimits } from '../frame/types.ts';
import type { Caller, Evaluation } from '../gate/guard.ts';
import { permits } from '../gate/judgement.ts';
import type { Parts } from '../parts.ts';
import { scopeIdOf } from '../policy/in-force/scopes.ts';
import { eventMembers } from '../record/event.ts';
import { outcomeMembers } from '../record/outcome.ts';
import type { PendingAction } from '../state/pending.ts';
import { evaluation, judgeAll, recordDecision, toResult } from './decide.ts';
import { checkMode, type Framed, forgo, framed, keep, type Viewer } from './framed.ts';
import { digestOf } from './submit.ts';

const DEFAULT_AUDIENCE = 'portcullis';

export function decide(parts: Parts, caller: Caller, input: unknown): Promise<Result> {
  return decided(parts, evaluation(parts, caller, input, 'host'));
}

/** Of a scope: nobody else takes its permits for good. */
const ownAudience = ({ session }: Evaluation): string | undefined =>
  scopeIdOf(session?.preset) === undefined ? undefined : session?.preset;

/** The same, of an evaluation that is made already. */
export async function decided(parts: Parts, ev: Evaluation): Promise<Result> {
  const judging = judgeAll(parts, ev);
  // Most are judged at once, and waiting for nothing costs a turn of the queue.
  const judged = judging instanceof Promise ? await judging : judging;
  const hosted = permits(judged.effect) && ev.execution === 'host';
  const permit = {
    audience: ev.request?.audience ?? ownAudience(ev) ?? DEFAULT_AUDIENCE,
    expires: ev.now + parts.settings.permitTtl,
  };
  const recorded = await recordDecision(parts, ev, judged, hosted ? { permit } : {});
  const result = toResult(recorded);
  if (hosted && permits(recorded.judgement.effect) && ev.action !== undefined) {
    result.permit = parts.signPermit({
      id: ev.id,
      tenant: ev.caller.tenant,
      principal: ev.principal.id,
      audience: permit.audience,
      digest: ev.action.digest,
      policy: ev.policyDigest,
      mode: ev.mode,
      issued: ev.now,
      expires: permit.expires,
    });
  }
  return result;
}

const answer = (code: Code, claims?: PermitClaims): PermitStatus =>
  claims === undefined
    ? { valid: code === 'permit_ok', code }
    : { valid: code === 'permit_ok', code, claims };

export function verifyPermit(parts: Parts, caller: Caller, check: PermitCheck): PermitStatus {
  const claims = parts.readPermit(check.permit);
  if (claims === undefined || claims.tenant !== caller.tenant) return answer('permit_invalid');
  if ((check.audience ?? DEFAULT_AUDIENCE) !== claims.audience) return answer('permit_mismatch');
  if (check.action !== undefined && digestOfCheck(parts, claims, check) !== claims.digest)
    return answer('permit_mismatch');
  // An observed permit says what would not have been permitted: nobody takes it for one by mistake.
  if (claims.mode === 'observe' && check.accept_observed !== true)
    return answer('permit_mismatch', claims);
  if (parts.state.frozen) return answer('frozen', claims);
  if (parts.now() > claims.expires) return answer('permit_expired', claims);
  const pending = parts.state.pending.get(claims.id);
  const given = pending?.grant;
  const revoked = given !== undefined && parts.granting.grants.isOver(given.id);
  if (pending?.voided === true || revoked || endedFor(parts, caller))
    return answer('permit_invalid', claims);
  if (pending === undefined || pending.redeemed) return answer('permit_used', claims);
  return answer('permit_ok', claims);
}

/** The executor itself is over: it redeems nothing, whosever permit it holds. */
function endedFor({ state }: Parts, { tenant, principal }: Caller): boolean {
  if (state.invalidations.none) return false;
  const asking = { tenant, principals: [principal.id], roles: [principal.roles] };
  return state.invalidations.of(asking) !== undefined;
}

/** The digest of the action that an executor is about to run; undefined where it is none. */
function digestOfCheck(
  parts: Parts,
  claims: PermitClaims,
  { action, on_behalf_of: onBehalfOf }: PermitCheck,
): string | undefined {
  const params = canonicalize(action?.params);
  if (action === undefined || !params.ok) return undefined;
  return actionDigest({
    tenant: claims.tenant,
    principal: claims.principal,
    onBehalfOf,
    name: action.name,
    resource: action.resource,
    paramsText: params.text,
    definition: parts.registry.definition(action.name)?.digest,
  });
}

export async function redeemPermit(
  parts: Parts,
  caller: Caller,
  check: PermitCheck,
): Promise<PermitStatus> {
  const status = verifyPermit(parts, caller, check);
  const id = status.claims?.id;
  if (!status.valid || id === undefined) return status;
  const pending = parts.state.pending.get(id);
  if (pending === undefined) return answer('permit_used', status.claims);
  // Marked before anything is awaited: of two at once, one finds it used. A failed write leaves it used, which is the safe side.
  pending.redeemed = true;
  const record = parts.journal.append({
    kind: 'state',
    tenant: caller.tenant,
    at: parts.now(),
    members: eventMembers('permit.redeemed', { id, by: caller.credential }),
  });
  await record.durable;
  return status;
}

/** What the capability lets a frame show. One that is gone shows nothing: what it hid is not known any more. */
function limitsOf({ granting }: Parts, { tenant, grant }: PendingAction): ViewLimits | undefined {
  if (grant === undefined) return undefined;
  const capability = grant.capability ?? granting.grants.get(grant.id)?.terms.capability;
  const found = capability === undefined ? undefined : granting.book.find(capability, tenant);
  const view = found === undefined ? { fields: [] } : found.view;
  return { ...view, grant: grant.id };
}

/** Throws `malformed_request` for what is no usage. */
function usageOf({ usage }: OutcomeReport): OutcomeReport['usage'] {
  if (usage === undefined) return undefined;
  const { tokens } = usage;
  if (tokens === undefined || (Number.isSafeInteger(tokens) && tokens >= 0)) return usage;
  throw new PortcullisError('malformed_request', 'usage.tokens is a whole number');
}

export async function report(
  parts: Parts,
  caller: Caller,
  given: OutcomeReport,
): Promise<OutcomeAnswer> {
  const claims = parts.readPermit(given.permit);
  if (claims === undefined || claims.tenant !== caller.tenant)
    throw new PortcullisError('permit_invalid');
  const own =
    claims.principal === caller.principal.id ||
    ['*', claims.principal].some((id) => caller.mayAssert.principals.includes(id));
  if (!own) throw new PortcullisError('permit_invalid');
  checkMode(parts, caller, given.response_mode);
  const usage = usageOf(given);
  sweepUnreported(parts);
  const pending = parts.state.pending.get(claims.id);
  if (pending === undefined || pending.execution !== 'host') throw known();
  const data = given.result as Json | undefined;
  const labels = parts.flows.outcome({
    id: claims.id,
    tenant: claims.tenant,
    session:
      pending.session === undefined
        ? undefined
        : parts.state.sessions.findAny(pending.session, claims.tenant),
    action: pending.action,
    data: data ?? given.error,
    labels: [
      {
        source: 'host',
        origin: pending.action,
        integrity: 'untrusted',
        confidentiality: 'private',
      },
    ],
  });
  const error =
    given.error === undefined
      ? undefined
      : { code: 'provider_error', message: redactText(given.error, 1_024).text };
  const viewer = {
    tenant: pending.tenant,
    principal: pending.principal,
    session: pending.session,
    id: pending.id,
    action: pending.action,
  };
  const making =
    data === undefined
      ? undefined
      : framed(parts, viewer, data, labels, given.response_mode, limitsOf(parts, pending));
  const made = making instanceof Promise ? await making : making;
  if (parts.state.pending.get(claims.id) !== pending) {
    if (made !== undefined) forgo(parts, viewer, made);
    throw known();
  }
  const frame = made?.frame;
  const duration = given.duration_ms ?? 0;
  parts.behaviours.carried.settled(claims.id, data ?? given.error);
  const record = settleOrForgo(parts, viewer, made, pending, {
    status: given.status,
    error,
    duration,
    result: data === undefined ? undefined : parts.commit(digestOf(data)),
    frame,
    labels,
    handle: made?.handle,
    tokens: made?.tokens,
    usage,
  });
  const used = { bytes: frame?.bytes, time: duration, tokens: given.usage?.tokens };
  parts.ledger.settle(claims.id, used, parts.now());
  if (made !== undefined) keep(parts, viewer, made);
  await record.durable;
  return {
    id: claims.id,
    outcome:
      error === undefined
        ? { status: given.status, duration_ms: duration }
        : { status: given.status, error, duration_ms: duration },
    ...(frame === undefined ? {} : { frame }),
    record: { seq: record.seq, hash: record.hash },
    unredeemed: !pending.redeemed,
  };
}

const known = (): PortcullisError =>
  new PortcullisError('conflict', 'the outcome of this action is known already');

function settleOrForgo(
  parts: Parts,
  viewer: Viewer,
  made: Framed | undefined,
  pending: PendingAction,
  facts: Hosted,
): ReturnType<Parts['journal']['append']> {
  try {
    return settleHosted(parts, pending, facts);
  } catch (error) {
    if (made !== undefined) forgo(parts, viewer, made);
    throw error;
  }
}

type Hosted = Omit<
  Parameters<typeof outcomeMembers>[0],
  'id' | 'session' | 'principal' | 'action' | 'redeemed'
>;

function settleHosted(
  parts: Parts,
  pending: PendingAction,
  facts: Hosted,
): ReturnType<Parts['journal']['append']> {
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
  parts.events.emit(pending.tenant, pending.principal, 'outcome', at, {
    id: pending.id,
    session: pending.session ?? '',
    action: pending.action,
    status: facts.status,
  });
  return record;
}

/** Closes what the host was to report and did not. Oldest first, so it stops at the first that still has time. */
export function sweepUnreported(parts: Parts): void {
  const patience = parts.settings.permitTtl + parts.settings.reportWithin;
  for (const pending of parts.state.pending.all()) {
    if (pending.execution !== 'host') continue;
    if (parts.now() - pending.at <= patience) return;
    settleHosted(parts, pending, {
      status: 'not_reported',
      error: { code: 'not_reported', message: 'the host did not report in time' },
      duration: 0,
    });
    parts.behaviours.carried.settled(pending.id, undefined);
  }
}

/** Of what a stream showed before the process died, nobody knows any more whose words it was. */
const ANYBODYS: readonly Label[] = Object.freeze([
  Object.freeze({
    source: '*',
    origin: '*',
    integrity: 'untrusted',
    confidentiality: 'private',
  } as const),
]);

/** After a restart: what was about to run when the process died. Never retried. */
export function settleInterrupted(parts: Parts): number {
  let count = 0;
  for (const pending of [...parts.state.pending.all()]) {
    if (pending.execution === 'host') continue;
    settleHosted(parts, pending, {
      status: 'unknown',
      error: { code: 'unknown_outcome', message: 'the process ended before the outcome was known' },
      duration: 0,
      ...(pending.streams === true ? { labels: ANYBODYS } : {}),
    });
    count += 1;
  }
  return count;
}
