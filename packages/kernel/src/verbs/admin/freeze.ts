/** `freeze`: everything is denied from its record on, until it is lifted, across restarts. An administrative action: any tenant's stops all, the first one's lifts it. */
import type { KernelStatus } from '@portcullis/wire';
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
    on ? undefined : overTenants(caller),
  );
  return status(parts);
}
