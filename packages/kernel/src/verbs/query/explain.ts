/** Everything the kernel knows of one action: to who asked for it, and to an auditor. What is in no record is not told. */
import type { Explanation, Help, JournalRecord, ShownOutcome } from '@portcullis/wire';
import { answerView, statusOf } from '../../approval/held.ts';
import { readsPolicy } from '../../denial/entitled.ts';
import { CODES, PortcullisError } from '../../errors.ts';
import type { Caller } from '../../gate/guard.ts';
import type { Parts } from '../../parts.ts';
import { isAuditor } from './journal.ts';

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

/** As the requester was told, where that is recorded, and what the rules say to who may read them. */
function helpOf(
  { rights }: Caller,
  { help, unmet }: JournalRecord,
): Pick<Explanation, 'help' | 'unmet'> {
  const told = help === undefined ? {} : { help: help as unknown as Help };
  const rules = (unmet ?? []) as [string, string[]][];
  if (rules.length === 0 || !readsPolicy(rights)) return told;
  return { ...told, unmet: rules.map(([rule, conditions]) => ({ rule, conditions })) };
}

/** Among how many grants of before the one is looked for that is known no more. */
const GRANTS_BACK = 1_000;

/** Why the grant was given: a use need not say so again. */
async function reasonOfGrant(parts: Parts, decision: JournalRecord): Promise<string | undefined> {
  const id = (decision.grant as { id: string } | undefined)?.id;
  if (id === undefined) return undefined;
  const known = parts.granting.grants.get(id);
  if (known !== undefined) return known.terms.justification;
  const { records } = await parts.journal.query(decision.tenant, {
    action: 'portcullis.grant',
    kind: 'decision',
    after: decision.seq,
    reverse: true,
    limit: GRANTS_BACK,
  });
  const found = records.find(({ issued }) => (issued as { id?: string } | undefined)?.id === id);
  return found?.justification as string | undefined;
}

function askedWith(
  { registry, capabilities }: Parts,
  decision: JournalRecord,
  why: string | undefined,
): Pick<Explanation, 'execution' | 'provider' | 'params' | 'justification' | 'grant'> {
  const { execution, params, justification, tenant } = decision;
  const grant = decision.grant as { id: string; capability?: string } | undefined;
  const family =
    execution === 'provider' ? registry.provider(decision.action as string)?.family : undefined;
  const capability = grant?.capability;
  const sensitivity =
    capability === undefined ? undefined : capabilities.sensitivity(tenant, capability);
  return {
    ...(execution === undefined
      ? {}
      : { execution: execution as NonNullable<Explanation['execution']> }),
    ...(family === undefined ? {} : { provider: family }),
    ...(params === undefined ? {} : { params: params as string }),
    ...(justification === undefined ? {} : { justification: justification as string }),
    ...(grant === undefined
      ? {}
      : {
          grant: {
            id: grant.id,
            ...(capability === undefined ? {} : { capability }),
            ...(why === undefined ? {} : { justification: why }),
            ...(sensitivity === undefined ? {} : { sensitivity }),
          },
        }),
  };
}

/** What was seen of it, and what its handle gave out later. */
function shownOf(
  records: readonly JournalRecord[],
  outcome: JournalRecord | undefined,
): Pick<Explanation, 'shown' | 'expansions'> {
  const bytes = outcome?.bytes as number | undefined;
  if (outcome === undefined || bytes === undefined) return {};
  const said = outcome.shown as unknown as Partial<ShownOutcome> | undefined;
  const handle = (outcome.handle as { key: string } | undefined)?.key;
  const expansions = records
    .filter(({ event }) => event === 'handle.expanded')
    .map(({ ts, rows }) => ({ at: ts, rows: rows as number }));
  return {
    shown: { notes: 0, ...said, bytes, ...(handle === undefined ? {} : { handle }) },
    ...(expansions.length === 0 ? {} : { expansions }),
  };
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
    ...helpOf(caller, decision),
    ...askedWith(parts, decision, await reasonOfGrant(parts, decision)),
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
    ...shownOf(records, outcome),
    ...(auditor ? { records } : {}),
  };
}
