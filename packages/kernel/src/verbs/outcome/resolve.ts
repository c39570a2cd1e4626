/** `resolve`: somebody who looked says what came of an action whose outcome nobody knew. An administrative action. */
import type { Explanation } from '@portcullis/wire';
import { PortcullisError } from '../../errors.ts';
import type { Caller } from '../../gate/guard.ts';
import type { Parts } from '../../parts.ts';
import { eventMembers } from '../../record/event.ts';
import { administer } from '../admin/administer.ts';
import { explain } from '../query/explain.ts';

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
