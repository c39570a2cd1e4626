/** What becomes of grants: shown, and revoked. A revocation holds from the moment it is asked for, and stays though its record fails. */
import type { GrantPage, GrantQuery, JsonObject, Revocation } from '@portcullis/wire';
import type { LiveGrant } from '../../capability/grants/grant.ts';
import { viewOf } from '../../capability/grants/grant.ts';
import type { RevocationTarget } from '../../capability/grants/grants.ts';
import { readRevocation } from '../../capability/grants/request.ts';
import { PortcullisError } from '../../errors.ts';
import type { Caller } from '../../gate/guard.ts';
import { mayActAs } from '../../gate/identity.ts';
import type { Appended } from '../../journal/types.ts';
import type { Parts } from '../../parts.ts';
import { eventMembers } from '../../record/event.ts';
import { administer, needReason } from '../admin/administer.ts';

const MOST = 1_000;
const NO_BLOCKS = Object.freeze({ blocks: [] });

export function listGrants(parts: Parts, caller: Caller, query: GrantQuery): GrantPage {
  const { after, capability, limit = 100, principal } = query;
  if (!Number.isSafeInteger(limit) || limit < 1 || limit > MOST)
    throw new PortcullisError('malformed_request', `limit is a whole number of 1 to ${MOST}`);
  const { grants } = parts.granting;
  const auditor = caller.rights.has('journal');
  const found = [];
  let begun = after === undefined;
  for (const grant of grants.live(caller.tenant, parts.now())) {
    if (!begun) {
      begun = grant.terms.id === after;
      continue;
    }
    if (!auditor && !concerns(caller, grant)) continue;
    if (principal !== undefined && grant.terms.principal !== principal) continue;
    if (capability !== undefined && grant.terms.capability !== capability) continue;
    if (found.length === limit) return { grants: found, next: found.at(-1)?.id as string };
    const view = viewOf(grant);
    found.push({ ...view, revoked: grants.isRevoked(grant, NO_BLOCKS) });
  }
  return { grants: found };
}

/** Its own, and what was delegated from them. */
const concerns = (caller: Caller, { terms }: LiveGrant): boolean =>
  [terms.principal, ...terms.by.map(({ principal }) => principal.id)].some((id) =>
    mayActAs(caller, id),
  );

/** One's own, or one delegated from it; anybody's with the right `quarantine`. Absent and forbidden look the same. */
export async function revokeGrant(parts: Parts, caller: Caller, id: string): Promise<Revocation> {
  const grant = typeof id === 'string' ? parts.granting.grants.get(id) : undefined;
  const known = grant !== undefined && grant.terms.tenant === caller.tenant;
  if (known && concerns(caller, grant)) return record(parts, caller, { grant: id }, 'given up');
  if (!caller.rights.has('quarantine')) throw new PortcullisError('not_found');
  return revoke(parts, caller, { grant: id, reason: 'revoked' });
}

export async function revoke(parts: Parts, caller: Caller, input: unknown): Promise<Revocation> {
  const read = readRevocation(input);
  if (!read.ok) throw new PortcullisError(read.code, read.message);
  const { target, reason } = read.request;
  needReason(reason);
  let revocation: Revocation | undefined;
  const params: JsonObject = { ...target, reason: reason as string };
  await administer(
    parts,
    caller,
    { name: 'portcullis.revoke', right: 'quarantine', params },
    async () => {
      if (target.grant !== undefined) {
        const grant = parts.granting.grants.get(target.grant);
        if (grant?.terms.tenant !== caller.tenant) throw new PortcullisError('not_found');
      }
      revocation = await record(parts, caller, target, reason as string);
      return revocation.grants;
    },
  );
  return revocation as Revocation;
}

async function record(
  parts: Parts,
  caller: Caller,
  target: RevocationTarget,
  reason: string,
): Promise<Revocation> {
  const at = parts.now();
  // Whatever token holds the block was issued by now, and none outlives this: nor those that were granted when grants could last longer.
  const { grants, limits } = parts.granting;
  const until = Math.max(at + limits.maxTtl, grants.lastEnd());
  const fell = letFall(parts, target, caller.tenant, until);
  const appended: Appended = parts.journal.append({
    kind: 'state',
    tenant: caller.tenant,
    at,
    members: eventMembers(
      'grant.revoked',
      { reason, by: caller.credential, fell },
      { target: { ...target }, until },
    ),
  });
  await appended.durable;
  parts.events.emit(caller.tenant, undefined, 'grant', at, { change: 'revoked', ...target });
  return { grants: fell, record: { seq: appended.seq, hash: appended.hash } };
}

/** How many grants fell. With them go what they still held open: handles, and permits that nobody has used yet. */
export function letFall(
  parts: Parts,
  target: RevocationTarget,
  tenant: string,
  until: number,
): number {
  const { grants } = parts.granting;
  const fell = grants.revoke(target, tenant, until);
  parts.handles.dropRevoked();
  for (const pending of parts.state.pending.all())
    if (pending.grant !== undefined && grants.isFallen(pending.grant.id)) pending.voided = true;
  return fell;
}
