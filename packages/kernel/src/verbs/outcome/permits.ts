/** The permit of a host: whether it holds, and its one redemption. Who redeems first knows that nobody else executes it. */
import type { PermitCheck, PermitClaims, PermitStatus } from '@portcullis/wire';
import { actionDigest, canonicalize } from '../../action/index.ts';
import type { Code } from '../../errors.ts';
import type { Caller } from '../../gate/guard.ts';
import type { Parts } from '../../parts.ts';
import { eventMembers } from '../../record/event.ts';
import { effectsOf } from '../../session/effects.ts';
import { quarantineStops } from '../../session/guard.ts';
import type { PendingAction } from '../../state/pending.ts';
import { DEFAULT_AUDIENCE } from '../call/decide.ts';

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
  if (parts.state.freezes.stops(claims.tenant)) return answer('frozen', claims);
  if (parts.now() > claims.expires) return answer('permit_expired', claims);
  const pending = parts.state.pending.get(claims.id);
  const given = pending?.grant;
  const revoked = given !== undefined && parts.granting.grants.isOver(given.id);
  if (pending?.voided === true || revoked || endedFor(parts, caller))
    return answer('permit_invalid', claims);
  if (pending === undefined || pending.redeemed) return answer('permit_used', claims);
  if (claims.mode === 'enforce' && sessionStops(parts, pending))
    return answer('permit_invalid', claims);
  return answer('permit_ok', claims);
}

/** What would deny the action now: its session is closed, or quarantined beyond it. */
function sessionStops({ state, registry }: Parts, { session: id, tenant, action }: PendingAction) {
  if (id === undefined) return false;
  const session = state.sessions.findAny(id, tenant);
  if (session === undefined || session.closed) return true;
  return quarantineStops(session.quarantine, action, effectsOf(registry));
}

/** The executor itself is over: it redeems nothing, whosever permit it holds. */
function endedFor({ state }: Parts, { tenant, principal }: Caller): boolean {
  if (state.invalidations.none) return false;
  const asking = { tenant, principals: [principal.id], roles: [principal.roles] };
  return state.invalidations.of(asking) !== undefined;
}

const isText = (value: unknown): value is string => typeof value === 'string';

/** The digest of the action that an executor is about to run; undefined where it is none: no list is taken for the text that it would be written as. */
function digestOfCheck(
  parts: Parts,
  claims: PermitClaims,
  { action, on_behalf_of: onBehalfOf }: PermitCheck,
): string | undefined {
  const { name, resource, params } = action ?? {};
  const { kind, value } = resource ?? {};
  if (!isText(name) || !isText(kind) || !isText(value)) return undefined;
  if (onBehalfOf !== undefined && !isText(onBehalfOf)) return undefined;
  const read = canonicalize(params);
  if (!read.ok) return undefined;
  return actionDigest({
    tenant: claims.tenant,
    principal: claims.principal,
    onBehalfOf,
    name,
    resource: { kind, value },
    paramsText: read.text,
    definition: parts.registry.definition(name)?.digest,
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
