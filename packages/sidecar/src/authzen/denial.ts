/**
 * Whether an access request is for the evaluation that was denied. The journal is what both roles share: it has the denied evaluation by its id, with a
 * commitment to the action, and the request's own evaluation has to have the same.
 */
import type { Caller, KernelHost } from '@portcullis/kernel';
import type { JournalRecord } from '@portcullis/wire';
import { unlessAbsent } from '../absent.ts';
import { REQUESTABLE } from './evaluate.ts';
import type { RequestFault } from './fault.ts';

/** Reads any evaluation of the tenant, and can do nothing. */
const reader = (tenant: string): Caller => ({
  tenant,
  credential: 'access-requests',
  principal: { id: 'portcullis.access-requests', kind: 'service', roles: [], attributes: {} },
  rights: new Set(['explain', 'journal']),
  mayAssert: { principals: [], roles: [], onBehalfOf: [], context: [], userTurns: false },
});

/** The record of an evaluation that this credential made; undefined where there is none. */
export async function evaluationRecord(
  host: KernelHost,
  { tenant, credential }: Caller,
  id: string,
): Promise<JournalRecord | undefined> {
  const found = await unlessAbsent(host.as(reader(tenant)).explain(id));
  return found?.records?.find(({ kind, caller }) => kind === 'decision' && caller === credential);
}

/** What stands against requesting this denial for this action, which was just evaluated; undefined where nothing does. */
export function denialFault(
  denied: JournalRecord | undefined,
  evaluated: JournalRecord | undefined,
  now: number,
): RequestFault | undefined {
  if (denied === undefined || evaluated === undefined) return 'invalid_denial_binding';
  if (denied.effect !== 'require_approval' || denied.execution !== 'none') return 'not_requestable';
  if (now > Date.parse(denied.ts) + REQUESTABLE) return 'expired_denial';
  if (denied.params !== evaluated.params || denied.params === '') return 'invalid_denial_binding';
  if (denied.session !== evaluated.session) return 'invalid_denial_binding';
  return evaluated.effect === 'require_approval' ? undefined : 'not_requestable';
}
