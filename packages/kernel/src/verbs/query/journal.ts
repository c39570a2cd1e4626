/** What can be asked of the journal: a principal sees its own, the tenant's auditor all of the tenant. */
import type { JournalPage, JournalQuery, JournalRecord } from '@portcullis/wire';
import { PortcullisError } from '../../errors.ts';
import type { Caller } from '../../gate/guard.ts';
import type { Parts } from '../../parts.ts';

/** What only an auditor sees of a record. */
const AUDITOR_MEMBERS: ReadonlySet<string> = new Set([
  'rule',
  'rule_reason',
  'answers',
  'guard',
  'policy',
  'caller',
  'rates',
  'env',
  'labels',
  'origin',
  'unmet',
]);

export const isAuditor = (caller: Caller): boolean => caller.rights.has('journal');

function own(record: JournalRecord): JournalRecord {
  return Object.fromEntries(
    Object.entries(record).filter(([key]) => !AUDITOR_MEMBERS.has(key)),
  ) as JournalRecord;
}

export async function query(
  parts: Parts,
  caller: Caller,
  asked: JournalQuery,
): Promise<JournalPage> {
  if (isAuditor(caller)) return parts.journal.query(caller.tenant, asked);
  if (asked.principal !== undefined && asked.principal !== caller.principal.id)
    return { records: [] };
  const page = await parts.journal.query(caller.tenant, {
    ...asked,
    principal: caller.principal.id,
  });
  return { ...page, records: page.records.map(own) };
}

export async function record(parts: Parts, caller: Caller, seq: number): Promise<JournalRecord> {
  const found = await parts.journal.record(seq);
  if (found === undefined || found.tenant !== caller.tenant) throw new PortcullisError('not_found');
  if (isAuditor(caller)) return found;
  if (found.principal !== caller.principal.id) throw new PortcullisError('not_found');
  return own(found);
}
