/**
 * An answer that is given again: what it shows only to who may still act, counted against what its session may be shown, and seen by that session from then on. What it
 * adds is on record before it is shown.
 */
import type { Decision, Frame, Json, Result } from '@portcullis/wire';
import { helpByCode } from '../../../denial/by-code.ts';
import type { Code } from '../../../errors.ts';
import { tokensOf } from '../../../frame/session-tokens.ts';
import type { Evaluation } from '../../../gate/guard.ts';
import { permits } from '../../../gate/judgement.ts';
import { ORDER } from '../../../gate/order.ts';
import type { Parts } from '../../../parts.ts';
import { eventMembers } from '../../../record/event.ts';
import type { SessionState } from '../../../session/state.ts';
import { seesRaw } from '../../result/framed.ts';
import { recheck } from '../recheck.ts';
import type { KeptAnswer } from './kept-answer.ts';

const ALL_BUT_SESSION = ORDER.filter((stage) => stage !== 'admission' && stage !== 'session');

/**
 * A session that is over or held, or whose principal is, is told what became of the action, so that nobody does it again; and is shown nothing. As with
 * a handle, what was got with a grant goes with it.
 */
async function stopped(
  parts: Parts,
  ev: Evaluation,
  grant: string | undefined,
  { mode }: Frame,
): Promise<string | undefined> {
  // The key of another credential of this principal: what it may not ask for it is not told either.
  if (mode === 'raw' && !seesRaw(parts, ev.caller)) return 'raw_not_allowed';
  const { effect, code } = await parts.gate.without(...ALL_BUT_SESSION).judge(ev);
  if (!permits(effect)) return code;
  const late = recheck(parts, ev)?.code;
  if (late !== undefined || grant === undefined) return late;
  return parts.granting.grants.isOver(grant) ? 'token_revoked' : undefined;
}

/** What an auditor or a reader of the policy was told beside the decision is for that credential, while it may still read the journal. */
function decisionFor({ caller }: Evaluation, decision: Decision, by: string | undefined): Decision {
  const { id, effect, code, reason, remedy, retry_after, would, detail } = decision;
  const own = by === caller.credential && (detail === undefined || caller.rights.has('journal'));
  if (own) return decision;
  return {
    id,
    effect,
    code,
    reason,
    ...(remedy === undefined ? {} : { remedy }),
    ...(retry_after === undefined ? {} : { retry_after }),
    ...(would === undefined ? {} : { would }),
    ...(permits(effect) ? {} : { help: helpByCode(code as Code) }),
  };
}

export async function replay(
  parts: Parts,
  ev: Evaluation,
  { result: before, grant, by }: KeptAnswer,
): Promise<Result> {
  const { session } = ev;
  const { frame: kept, ...told } = before;
  const result: Result = {
    ...told,
    decision: decisionFor(ev, before.decision, by),
    replayed: true,
  };
  if (kept === undefined || session === undefined) return result;
  const why = await stopped(parts, ev, grant, kept);
  if (why !== undefined) return { ...result, withheld: why };
  const { frame, tokens } = counted(parts, session, kept);
  const elsewhere = session.id !== before.session && frame.labels.length > 0;
  if (tokens !== undefined || elsewhere)
    await record(parts, ev, session, before.decision.id, frame, tokens);
  if (elsewhere) learn(parts, ev, session, frame);
  return { ...result, frame };
}

/** What the session's tokens leave of it: all, or no data. */
function counted(
  { tokens: counts }: Parts,
  { id }: SessionState,
  frame: Frame,
): { readonly frame: Frame; readonly tokens: number | undefined } {
  if (!counts.counts) return { frame, tokens: undefined };
  const wanted = tokensOf(frame);
  const taken = counts.take(id, wanted);
  if (taken === wanted) return { frame, tokens: taken };
  counts.forgo(id, taken);
  const bare: Frame = { ...frame, data: null, mode: 'handle_only', tier: 'exhausted' };
  const { tokens } = counts.fit(id, 'handle_only', () => ({ frame: bare }));
  return { frame: bare, tokens };
}

async function record(
  parts: Parts,
  ev: Evaluation,
  session: SessionState,
  id: string,
  { labels }: Frame,
  tokens: number | undefined,
): Promise<void> {
  const { tenant } = ev.caller;
  const at = parts.now();
  const fields = {
    id,
    session: session.id,
    principal: ev.principal.id,
    ...(tokens === undefined ? {} : { tokens }),
  };
  let appended: ReturnType<Parts['journal']['append']>;
  try {
    appended = parts.journal.append({
      kind: 'state',
      tenant,
      at,
      members: eventMembers('answer.replayed', fields, { labels: labels as unknown as Json }),
    });
  } catch (error) {
    if (tokens !== undefined) parts.tokens.forgo(session.id, tokens);
    throw error;
  }
  if (tokens !== undefined) parts.tokens.settle(session.id, tokens);
  parts.state.sees(tenant, session.id, labels, at);
  await appended.durable;
}

function learn(parts: Parts, ev: Evaluation, session: SessionState, frame: Frame): void {
  const [label, ...made] = frame.labels;
  if (label === undefined || frame.data === null || !parts.flows.learns(session)) return;
  parts.flows.outcome({
    id: ev.id,
    tenant: session.tenant,
    session,
    action: ev.action?.name ?? '',
    data: frame.data,
    labels: [label, ...made],
    again: true,
  });
}
