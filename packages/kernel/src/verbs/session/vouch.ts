/**
 * Vouching for a value, and calling one public: actions through the gate, recorded with who said so and why, the value by commitment alone.
 * They hold for one session while it is open; the vault keeps the value for a restart.
 */
import { hash } from 'node:crypto';
import { PortcullisError } from '../../errors.ts';
import type { Caller } from '../../gate/guard.ts';
import type { Vouching } from '../../host.ts';
import type { Vault } from '../../journal/types.ts';
import type { Parts } from '../../parts.ts';
import { eventMembers } from '../../record/event.ts';
import { administer, needReason } from '../admin/administer.ts';
import { findSession } from './sessions.ts';

const LONGEST = 65_536;
/** Longer than sessions are kept open. */
const KEPT = 400 * 86_400_000;

/** What was vouched for before a restart; undefined where it is not there any more. */
export async function readVouched(
  vault: Vault,
  tenant: string,
  name: string,
): Promise<string | undefined> {
  const bytes = await vault.get(tenant, name);
  return bytes === undefined ? undefined : new TextDecoder().decode(bytes);
}

export async function vouch(
  parts: Parts,
  caller: Caller,
  what: 'endorse' | 'declassify',
  { session: id, value, reason }: Vouching,
): Promise<void> {
  if (typeof value !== 'string' || value === '' || value.length > LONGEST)
    throw new PortcullisError(
      'malformed_request',
      `a value is a text of 1 to ${LONGEST} characters`,
    );
  needReason(reason);
  const commitment = parts.commit(hash('sha256', value, 'hex'));
  await administer(
    parts,
    caller,
    {
      name: `portcullis.${what}`,
      right: 'approve',
      params: { session: id, value: commitment, reason },
    },
    async () => {
      const session = findSession(parts, caller, id);
      const bytes = new TextEncoder().encode(value);
      const kept = await parts.vault.put(caller.tenant, 'vouched', bytes, KEPT);
      const record = parts.journal.append({
        kind: 'state',
        tenant: caller.tenant,
        at: parts.now(),
        members: eventMembers(
          what === 'endorse' ? 'session.endorsed' : 'session.declassified',
          { session: id, value: commitment, reason, by: caller.credential },
          { kept },
        ),
      });
      const voucher = { tenant: caller.tenant, as: what, kept };
      parts.flows.vouched.add(id, voucher);
      // In force only when it is recorded for good.
      await record.durable;
      parts.flows.vouched.tell(voucher, value);
      parts.flows[what](session, value);
      return true;
    },
  );
}
