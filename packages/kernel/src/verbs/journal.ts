/** What can be asked of the journal: a principal sees its own, the tenant's auditor all of the tenant. */
import type { Explanation, JournalPage, JournalQuery, JournalRecord } from '@portcullis/wire';
import { answerView, statusOf } from '../approval/held.ts';
import { CODES, PortcullisError } from '../errors.ts';
import type { Caller } from '../gate/guard.ts';
import type { Parts } from '../parts.ts';

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

const isAuditor = (caller: Caller): boolean => caller.rights.has('journal');

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

/** What people said of it, as long as that is known. */
function approvalOf(parts: Parts, decision: JournalRecord): Pick<Explanation, 'approval'> {
  const by = decision.approval as { id: string } | undefined;
  const waits = decision.waits as string | undefined;
  const id = by?.id ?? waits ?? (decision.held === undefined ? undefined : (decision.id as string));
  if (id === undefined) return {};
  const held = parts.approvals.get(id, decision.tenant);
  if (held === undefined) return { approval: { id } };
  const resumed = held.resumedBy === undefined ? {} : { resumed_by: held.resumedBy };
  const status = statusOf(held, parts.now());
  return { approval: { id, status, ...resumed, answers: held.answers.map(answerView) } };
}

/** The last word counts. */
function resolutionOf(
  records: readonly JournalRecord[],
): Pick<NonNullable<Explanation['outcome']>, 'resolved'> {
  const found = records.findLast(({ event }) => event === 'outcome.resolved');
  return found === undefined
    ? {}
    : { resolved: { as: found.as as 'happened' | 'not', at: found.ts } };
}

export async function explain(parts: Parts, caller: Caller, id: string): Promise<Explanation> {
  const records = await parts.journal.byAction(caller.tenant, id);
  const decision = records.find((found) => found.kind === 'decision');
  const auditor = isAuditor(caller);
  if (decision === undefined || (!auditor && decision.principal !== caller.principal.id))
    throw new PortcullisError('not_found');
  const outcome = records.find((found) => found.kind === 'outcome');
  const text = (name: string): string | undefined => decision[name] as string | undefined;
  const code = text('code') ?? '';
  const resource = (decision.resource as { value: string } | undefined)?.value;
  const title = (CODES as Record<string, { title: string; remedy?: string }>)[code];
  const remedy = text('remedy') ?? title?.remedy;
  const session = text('session');
  return {
    id,
    view: auditor ? 'auditor' : 'requester',
    action: text('action') ?? '',
    ...(resource === undefined ? {} : { resource }),
    principal: text('principal') ?? '',
    ...(session === undefined ? {} : { session }),
    at: decision.ts,
    effect: text('effect') as Explanation['effect'],
    code,
    reason: text('reason') ?? title?.title ?? '',
    ...(remedy === undefined ? {} : { remedy }),
    ...approvalOf(parts, decision),
    ...(outcome === undefined
      ? {}
      : {
          outcome: {
            status: outcome.status as string,
            at: outcome.ts,
            ...(outcome.error === undefined ? {} : { error: outcome.error }),
            ...resolutionOf(records),
          },
        }),
    ...(auditor ? { records } : {}),
  };
}
