/** Administrative verbs are actions too: decided by the credential's rights, journaled before and after. A freeze does not stop them. */
import { hash } from 'node:crypto';
import type { Json } from '@portcullis/wire';
import { canonicalAction } from '../../action/index.ts';
import { PortcullisError } from '../../errors.ts';
import type { Caller } from '../../gate/guard.ts';
import { type Judgement, permission, permits, refusal } from '../../gate/judgement.ts';
import type { AdminAction } from '../../host.ts';
import type { Parts } from '../../parts.ts';
import { outcomeMembers } from '../../record/outcome.ts';
import { evaluation, recordDecision } from '../call/record-decision.ts';

export async function administer<T extends Json>(
  parts: Parts,
  caller: Caller,
  admin: AdminAction,
  run: () => T | Promise<T>,
  barred?: Judgement,
): Promise<T> {
  const ev = evaluation(parts, caller, undefined, 'provider');
  ev.mode = 'enforce';
  const action = canonicalAction({
    tenant: caller.tenant,
    principalId: caller.principal.id,
    onBehalfOf: undefined,
    request: { action: admin.name, params: admin.params },
    definition: undefined,
    startDir: '/',
    hostExecuted: false,
  });
  if (!action.ok) throw new PortcullisError(action.code, action.message);
  ev.action = action.action;
  const judged = !caller.rights.has(admin.right)
    ? refusal('capability', 'forbidden', { note: `needs ${admin.right}` })
    : (barred ?? permission('permit'));
  const { judgement, record } = await recordDecision(parts, ev, judged);
  const ref = record === undefined ? {} : { record: { seq: record.seq, hash: record.hash } };
  if (!permits(judgement.effect)) throw new PortcullisError(judgement.code, undefined, ref);
  const started = performance.now();
  try {
    const result = await run();
    await outcome(
      parts,
      ev.id,
      caller,
      admin,
      started,
      undefined,
      hash('sha256', JSON.stringify(result), 'hex'),
    );
    return result;
  } catch (error) {
    const code = error instanceof PortcullisError ? error.code : 'kernel_fault';
    await outcome(
      parts,
      ev.id,
      caller,
      admin,
      started,
      { code, message: error instanceof PortcullisError ? error.message : 'the verb failed' },
      undefined,
    );
    throw error;
  }
}

/** Bars what holds for every tenant to all but the first: nobody else opens what the rules close to others. */
export const overTenants = ({ tenant }: Caller): Judgement | undefined =>
  tenant === 'default'
    ? undefined
    : refusal('capability', 'forbidden', { note: 'it holds for every tenant' });

async function outcome(
  parts: Parts,
  id: string,
  caller: Caller,
  admin: AdminAction,
  started: number,
  error: { code: string; message: string } | undefined,
  result: string | undefined,
): Promise<void> {
  const status = error === undefined ? 'ok' : 'error';
  const record = parts.journal.append({
    kind: 'outcome',
    tenant: caller.tenant,
    at: parts.now(),
    members: outcomeMembers({
      id,
      session: undefined,
      principal: caller.principal.id,
      action: admin.name,
      status,
      error,
      duration: Math.round((performance.now() - started) * 1000) / 1000,
      result: result === undefined ? undefined : parts.commit(result),
    }),
  });
  parts.state.settled(id, status, [], undefined);
  await record.durable;
}

/** Who reads the journal later wants to know why. */
export function needReason(reason: unknown): void {
  if (typeof reason === 'string' && reason.trim() !== '' && reason.length <= 1_000) return;
  throw new PortcullisError('malformed_request', 'a reason is a text of 1 to 1,000 characters');
}
