/**
 * `freeze`: everything is denied from its record on, until it is lifted, across restarts. An administrative action: that of the first tenant stops all,
 * that of another its own, and each is lifted by who may begin it.
 */
import type { FreezeScope, KernelStatus } from '@portcullis/wire';
import type { Caller } from '../../gate/guard.ts';
import type { Parts } from '../../parts.ts';
import { eventMembers } from '../../record/event.ts';
import { status } from '../query/status.ts';
import { administer, needReason, overTenants } from './administer.ts';

export async function freeze(
  parts: Parts,
  caller: Caller,
  on: boolean,
  reason: string,
): Promise<KernelStatus> {
  needReason(reason);
  const { tenant } = caller;
  const { freezes } = parts.state;
  const over = overTenants(caller);
  const scope: FreezeScope = over === undefined ? 'all' : 'tenant';
  const inForce = freezes.of(tenant);
  await administer(
    parts,
    caller,
    { name: 'portcullis.freeze', right: 'freeze', params: { on, reason: reason.slice(0, 1_000) } },
    async () => {
      const at = parts.now();
      const members = eventMembers('freeze', { on, scope, reason, by: caller.credential });
      const { durable, seq } = parts.journal.append({ kind: 'state', tenant, at, members });
      freezes.set(scope, tenant, on);
      try {
        await durable;
      } catch (error) {
        // Whichever way it was to go: what cannot be written leaves it frozen.
        freezes.set(scope, tenant, true);
        throw error;
      }
      parts.events.emit(tenant, undefined, 'freeze', at, { on, scope, record: seq });
      return true;
    },
    // Nothing of its own is to be lifted: what holds is not its to lift.
    !on && inForce.includes('all') && !inForce.includes(scope) ? over : undefined,
  );
  return status(parts, tenant);
}
