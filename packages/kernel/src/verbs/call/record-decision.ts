/** From a request to a recorded decision: what `submit` and `decide` share. */
import type { Result } from '@portcullis/wire';
import type { Action, MaybePromise } from '../../action/types.ts';
import { type SettledSteps, settleSteps } from '../../behaviour/settle-steps.ts';
import { denialOf } from '../../denial/denial.ts';
import { PortcullisError } from '../../errors.ts';
import type { Caller, Execution } from '../../gate/guard.ts';
import { Evaluation } from '../../gate/guard.ts';
import { type Judgement, permits, refusal, toDecision } from '../../gate/judgement.ts';
import type { Appended } from '../../journal/types.ts';
import type { Parts } from '../../parts.ts';
import { type DecisionFacts, decisionMembers } from '../../record/decision.ts';
import { end } from '../../session/guard.ts';
import { type Ended, inForceBy } from '../../session/invalidation.ts';
import type { Quarantines } from '../../session/quarantine.ts';
import type { PendingAction } from '../../state/pending.ts';
import { announceEnd } from '../session/announce-end.ts';
import { approvalRef, forgoHold, keepHeld, recordHold, settleHold } from './hold.ts';
import { mintActionId } from './ids.ts';
import { recheck } from './recheck.ts';

export interface Recorded {
  readonly ev: Evaluation;
  readonly judgement: Judgement;
  /** Absent where the journal could not be written: the judgement is then a deny. */
  readonly record: Appended | undefined;
}

export type Extra = Pick<DecisionFacts, 'idempotency' | 'permit'>;

export function evaluation(
  parts: Parts,
  caller: Caller,
  input: unknown,
  execution: Execution,
): Evaluation {
  return new Evaluation(mintActionId(), parts.now(), caller, input, parts.settings.mode, execution);
}

/** Journals the judgement. What comes back is durable and final. */
export function recordDecision(
  parts: Parts,
  ev: Evaluation,
  judged: Judgement,
  extra: Extra = {},
): Promise<Recorded> {
  const chained = chainDecision(parts, ev, judged, extra);
  return chained === undefined
    ? recordHeld(parts, ev, judged, extra)
    : settleDecision(parts, chained);
}

async function recordHeld(
  parts: Parts,
  ev: Evaluation,
  judged: Judgement,
  extra: Extra,
): Promise<Recorded> {
  const kept = await keptOf(parts, ev, judged);
  const chained = append(parts, ev, settleHold(parts, ev, judged, kept), extra);
  const settled = settleDecision(parts, chained);
  await forgoHold(parts, ev, kept);
  return settled;
}

/** Chains the judgement within this run; undefined where people may have to see the action, for what is held goes into the vault first. */
export function chainDecision(
  parts: Parts,
  ev: Evaluation,
  judged: Judgement,
  extra: Extra,
): Recorded | undefined {
  if (!permits(judged.effect)) helped(parts, ev, judged);
  return ev.hold === undefined ? append(parts, ev, judged, extra) : undefined;
}

/** Waits for the journal, and gives back what guards took for what was refused. Most reserve nothing: waiting for nothing costs a turn of the queue. */
export function settleDecision(parts: Parts, chained: Recorded): Promise<Recorded> {
  const { ev, record, judgement } = chained;
  const refused = record === undefined || !permits(judgement.effect);
  const settled = refused && ev.reservations.length > 0 ? () => released(chained) : () => chained;
  return record === undefined
    ? Promise.resolve(settled())
    : record.durable.then(settled, () => lostDecision(parts, ev));
}

async function released(chained: Recorded): Promise<Recorded> {
  await release(chained.ev);
  return chained;
}

/** What was chained and could not be written: as if it had not been permitted. */
export async function lostDecision(parts: Parts, ev: Evaluation): Promise<Recorded> {
  parts.state.pending.settle(ev.id);
  parts.flows.forgo(ev.id);
  parts.behaviours.dataFlow.forgo(ev.id);
  parts.flows.stored.settle(ev.caller.tenant, ev.id, 'not_executed');
  await release(ev);
  return { ev, judgement: refusal('journal', 'journal_unavailable'), record: undefined };
}

/** A refusal stands whatever becomes of the help for it. */
function helped(parts: Parts, ev: Evaluation, judged: Judgement): void {
  try {
    ev.denial ??= denialOf(parts, ev, judged);
  } catch (error) {
    parts.onMessage('fault', `no help for a refusal: ${String(error)}`);
  }
}

async function keptOf(
  parts: Parts,
  ev: Evaluation,
  judged: Judgement,
): Promise<string | undefined> {
  try {
    return await keepHeld(parts, ev, judged);
  } catch (error) {
    parts.onMessage('fault', `an action could not be held: ${String(error)}`);
    return undefined;
  }
}

function append(parts: Parts, ev: Evaluation, given: Judgement, asked: Extra): Recorded {
  // After the record that ends something, no intent of it is permitted.
  const late = permits(given.effect) ? recheck(parts, ev) : undefined;
  const judged = late ?? given;
  const ends = ev.verdict?.ends;
  // Observing ends nothing, and a denial of another stage not what a rule says of its own.
  if (ends !== undefined && judged.guard === 'policy' && judged.effect === 'deny')
    if (ev.mode === 'enforce') end(ev, ends, ev.verdict?.reason);
  const permitted = permits(judged.effect);
  const executes = permitted && ev.execution !== 'none';
  const policy = parts.policies.for(ev.session?.preset);
  const steps = settleSteps(policy, parts.behaviours, ev, permitted);
  try {
    const stores =
      executes && ev.action !== undefined
        ? parts.flows.stores(ev.caller.tenant, ev.session, ev.action, ev.execution === 'host')
        : undefined;
    if (stores !== undefined) ev.members = { ...ev.members, stores: stores as never };
    const params = ev.action === undefined ? '' : parts.commit(ev.action.digest);
    const { idempotency, permit }: Extra = late === undefined ? asked : {};
    const members = decisionMembers(ev, judged, { params, idempotency, permit });
    const record = write(parts, ev, members, executes);
    decided(parts, ev, permitted, steps, record);
    if (executes && ev.action !== undefined) {
      owed(parts, ev, ev.action);
      if (stores !== undefined) parts.flows.stored.begin(ev.caller.tenant, ev.id, stores);
      if (idempotency !== undefined)
        parts.state.idempotency.begin(idempotency, ev.id, params, ev.now);
    }
    announce(parts, ev, judged);
    return { ev, judgement: judged, record };
  } catch (error) {
    if (!(error instanceof PortcullisError))
      parts.onMessage('fault', `a decision could not be journaled: ${String(error)}`);
    return { ev, judgement: refusal('journal', 'journal_unavailable'), record: undefined };
  }
}

/** The record, and room for that of its outcome: an intent that could not be followed by one is not written. */
function write(
  { journal }: Parts,
  { caller, now }: Evaluation,
  members: string,
  executes: boolean,
): Appended {
  if (executes) journal.reserveOutcome();
  try {
    return journal.append({ kind: 'decision', tenant: caller.tenant, at: now, members });
  } catch (error) {
    if (executes) journal.forgoOutcome();
    throw error;
  }
}

/** In the same run as its record: what the decision changes, as a restart reads it back from there. */
function decided(
  parts: Parts,
  ev: Evaluation,
  permitted: boolean,
  { walked, feeds, taken, labels }: SettledSteps,
  record: Appended,
): void {
  const { behaviours, state } = parts;
  const { caller, session, members, now } = ev;
  state.decided(session, permitted, now, ev.environment);
  if (permitted && ev.execution !== 'none' && ev.spends !== undefined)
    parts.ledger.began(ev.id, ev.spends);
  if (members !== undefined && (permitted || ev.hold !== undefined)) recordHold(parts, ev, record);
  if (session !== undefined) {
    behaviours.sequences.walk(session.id, walked, now);
    if (feeds.length > 0) behaviours.dataFlow.began(ev.id, session.id, feeds, ev.execution);
    behaviours.correlations.take(caller.tenant, taken, now);
    state.sees(caller.tenant, session.id, labels, now);
  }
  const quarantines = members?.quarantines as Quarantines | undefined;
  if (quarantines !== undefined) quarantinedBy(parts, ev, quarantines, record.seq);
  if (members?.invalidates !== undefined) endedBy(parts, ev, record.seq);
}

/** From here on an outcome is owed. */
function owed(parts: Parts, ev: Evaluation, action: Action): void {
  const { caller, session, principal } = ev;
  parts.state.pending.add({
    id: ev.id,
    tenant: caller.tenant,
    session: session?.id,
    principal: principal.id,
    onBehalfOf: ev.onBehalfOf,
    roles: principal.roles,
    action: action.name,
    execution: ev.execution,
    grant: ev.members?.grant as PendingAction['grant'],
    at: ev.now,
    redeemed: false,
    streams: ev.members?.streams === true,
  });
  parts.flows.permitted(ev.id, caller.tenant, session, action, ev.execution === 'host');
}

/** A rule over the order of calls took the session's freedom. */
function quarantinedBy(
  { state, events }: Parts,
  ev: Evaluation,
  { level, whom }: Quarantines,
  record: number,
): void {
  if (ev.session === undefined) return;
  state.sessions.quarantine(ev.session.id, level, whom);
  events.emit(ev.caller.tenant, ev.principal.id, 'session', ev.now, {
    session: ev.session.id,
    change: 'quarantined',
    record,
  });
}

/** In the same run as the decision's record, which a restart reads the same. */
function endedBy(parts: Parts, ev: Evaluation, seq: number): void {
  const ended = (ev.members?.invalidates ?? []) as unknown as readonly Ended[];
  for (const one of ended) {
    const over = inForceBy(one, ev.caller.tenant, ev.now, seq, ev.verdict?.reason);
    parts.state.invalidations.put(over);
    announceEnd(parts, over);
  }
}

function announce(parts: Parts, ev: Evaluation, judged: Judgement): void {
  parts.events.decided(ev.caller.tenant, ev.principal.id, ev.now, {
    id: ev.id,
    session: ev.session?.id ?? '',
    action: ev.action?.name ?? '',
    came: judged.effect,
    code: judged.code,
  });
  const notify = ev.verdict?.notify;
  if (notify !== undefined) {
    parts.events.emit(ev.caller.tenant, undefined, 'notify', ev.now, {
      id: ev.id,
      notify,
      action: ev.action?.name ?? '',
      effect: judged.effect,
    });
  }
}

async function release(ev: Evaluation): Promise<void> {
  for (const reservation of ev.reservations) await reservation.release();
  ev.reservations = [];
}

/** The judgement of the stages after admission, or the refusal of admission. */
export function judgeAll(parts: Parts, ev: Evaluation): MaybePromise<Judgement> {
  const refusedAtOnce = parts.gate.admit(ev);
  if (refusedAtOnce instanceof Promise) {
    return refusedAtOnce.then((judgement) => judgement ?? parts.gate.judge(ev));
  }
  return refusedAtOnce ?? parts.gate.judge(ev);
}

/** The parts of a result that every decision has; nothing has run yet. */
export function toResult(recorded: Recorded): { -readonly [K in keyof Result]: Result[K] } {
  const { ev, judgement, record } = recorded;
  const auditor = ev.caller.rights.has('journal');
  const result: { -readonly [K in keyof Result]: Result[K] } = {
    decision: toDecision(ev, judgement, auditor),
    session: ev.session?.id ?? '',
    mode: ev.mode,
    outcome: NOT_EXECUTED,
  };
  const action = ev.action;
  if (action !== undefined)
    result.action = { name: action.name, resource: action.resource, params: action.params };
  if (judgement.effect === 'require_approval') {
    const approval = approvalRef(ev);
    if (approval !== undefined) result.approval = approval;
  }
  if (record !== undefined) result.record = { seq: record.seq, hash: record.hash };
  return result;
}

const NOT_EXECUTED = Object.freeze({ status: 'not_executed', duration_ms: 0 } as const);
