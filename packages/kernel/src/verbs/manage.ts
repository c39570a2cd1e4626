/** Verbs that change how the kernel decides: policy, freeze, and settling what nobody knew. All administrative actions. */
import { hash } from 'node:crypto';
import type { Explanation, KernelStatus, PolicyView } from '@portcullis/wire';
import { PortcullisError } from '../errors.ts';
import type { Caller } from '../gate/guard.ts';
import type { Parts } from '../parts.ts';
import type { PolicyFormat } from '../policy/index.ts';
import { eventMembers } from '../record/event.ts';
import { administer } from './administer.ts';
import { explain } from './explain.ts';
import { status } from './status.ts';

export function policyView(parts: Parts, caller: Caller): PolicyView {
  return parts.policyOrigin.view(caller.rights.has('policy'));
}

export async function replacePolicy(
  parts: Parts,
  caller: Caller,
  text: string,
  format: PolicyFormat,
): Promise<PolicyView> {
  await administer(
    parts,
    caller,
    {
      name: 'portcullis.policy.replace',
      right: 'policy',
      params: { digest: hash('sha256', text, 'hex'), format },
    },
    () => {
      parts.policyOrigin.replace(text, format, caller.credential);
      return true;
    },
  );
  return policyView(parts, caller);
}

export async function freeze(
  parts: Parts,
  caller: Caller,
  on: boolean,
  reason: string,
): Promise<KernelStatus> {
  needReason(reason);
  await administer(
    parts,
    caller,
    { name: 'portcullis.freeze', right: 'freeze', params: { on, reason: reason.slice(0, 1_000) } },
    async () => {
      const at = parts.now();
      const members = eventMembers('freeze', { on, reason, by: caller.credential });
      const { durable, seq } = parts.journal.append({
        kind: 'state',
        tenant: caller.tenant,
        at,
        members,
      });
      parts.state.frozen = on;
      try {
        await durable;
      } catch (error) {
        // Whichever way it was to go: what cannot be written leaves the kernel frozen.
        parts.state.frozen = true;
        throw error;
      }
      parts.events.emit(caller.tenant, undefined, 'freeze', at, { on, record: seq });
      return true;
    },
  );
  return status(parts);
}

export async function resolve(
  parts: Parts,
  caller: Caller,
  id: string,
  as: 'happened' | 'not',
): Promise<Explanation> {
  await administer(
    parts,
    caller,
    { name: 'portcullis.resolve', right: 'resolve', params: { id, as } },
    async () => {
      if (parts.state.unknown.get(id) !== caller.tenant)
        throw new PortcullisError('not_found', 'no action of this id has an unknown outcome');
      parts.state.resolved(id);
      const record = parts.journal.append({
        kind: 'state',
        tenant: caller.tenant,
        at: parts.now(),
        members: eventMembers('outcome.resolved', { id, as, by: caller.credential }),
      });
      await record.durable;
      return true;
    },
  );
  return explain(parts, caller, id);
}

/** Who reads the journal later wants to know why. */
export function needReason(reason: unknown): void {
  if (typeof reason === 'string' && reason.trim() !== '' && reason.length <= 1_000) return;
  throw new PortcullisError('malformed_request', 'a reason is a text of 1 to 1,000 characters');
}
