/** `submit`: decide, journal the intent, run, bound what comes back, journal the outcome. With a sink, the result goes there as it comes. */
import type { Label, Outcome, Result } from '@portcullis/wire';
import { type Executed, execute, executeStream } from '../gate/execute.ts';
import type { Caller, Evaluation } from '../gate/guard.ts';
import { permits } from '../gate/judgement.ts';
import type { Parts } from '../parts.ts';
import { outcomeMembers } from '../record/outcome.ts';
import { forgo, framed, keep, rawRefused, viewerOf } from './framed.ts';
import { type Keyed, keepAnswer, keyOf, type Recall } from './idempotent.ts';
import { digestOf, measured } from './measured.ts';
import { evaluation, type Recorded, recordDecision, toResult } from './record-decision.ts';
import { type FrameSink, Streamed } from './streamed.ts';

/** Bytes of a result that are read for where values come from. */
const MOST_READ = 8 * 1024 * 1024;
const decoder = new TextDecoder();

export function submit(
  parts: Parts,
  caller: Caller,
  input: unknown,
  recall: Recall,
  signal?: AbortSignal,
  sink?: FrameSink,
): Promise<Result> {
  return submitted(parts, evaluation(parts, caller, input, 'provider'), recall, signal, sink);
}

/** The same, of an evaluation that is made already. */
export async function submitted(
  parts: Parts,
  ev: Evaluation,
  recall: Recall,
  signal: AbortSignal | undefined,
  sink?: FrameSink,
): Promise<Result> {
  const refused = parts.gate.admit(ev);
  const judgement = (refused instanceof Promise ? await refused : refused) ?? rawRefused(parts, ev);
  if (judgement !== undefined) return toResult(await recordDecision(parts, ev, judgement));
  const key = keyOf(parts, ev);
  if (key !== undefined)
    return recall.once(parts, ev, key, () => judgeAndRun(parts, ev, key, signal, sink));
  return judgeAndRun(parts, ev, undefined, signal, sink);
}

async function judgeAndRun(
  parts: Parts,
  ev: Evaluation,
  key: Keyed | undefined,
  signal: AbortSignal | undefined,
  sink: FrameSink | undefined,
): Promise<Result> {
  const judging = parts.gate.judge(ev);
  const judged = judging instanceof Promise ? await judging : judging;
  const streams = sink !== undefined && permits(judged.effect) && streamable(parts, ev);
  // Before it runs: after a crash the session may have seen some of it.
  if (streams) ev.members = { ...ev.members, streams: true };
  const recorded = await recordDecision(
    parts,
    ev,
    judged,
    key === undefined ? {} : { idempotency: key.commitment },
  );
  if (!permits(recorded.judgement.effect)) return toResult(recorded);
  const streamed = streams ? new Streamed(parts, ev, sink, key !== undefined) : undefined;
  return run(parts, recorded, key, signal, streamed);
}

/** Other modes, and a view of some fields or rows, need the whole result before they show any of it. */
function streamable(parts: Parts, ev: Evaluation): boolean {
  const { action, view, session } = ev;
  const mode = ev.request?.response_mode;
  return (
    action !== undefined &&
    parts.registry.provider(action.name)?.executeStream !== undefined &&
    (mode === undefined || mode === 'raw') &&
    view?.fields === undefined &&
    view?.rows === undefined &&
    (session === undefined || parts.tokens.tier(session.id) === undefined)
  );
}

async function run(
  parts: Parts,
  recorded: Recorded,
  key: Keyed | undefined,
  signal: AbortSignal | undefined,
  streamed: Streamed | undefined,
): Promise<Result> {
  const { ev } = recorded;
  const action = ev.action;
  const permit = ev.permit;
  if (action === undefined || permit === undefined)
    throw new Error('permitted without an action or a permit');
  const started = performance.now();
  const provider = parts.registry.provider(action.name);
  let executed: Executed;
  if (provider === undefined) {
    executed = {
      status: 'not_executed',
      error: { code: 'no_provider', message: 'nothing here executes this action' },
      data: undefined,
      labels: [],
    };
  } else {
    const execution = {
      permit,
      digest: action.digest,
      provider,
      context: {
        tenant: ev.caller.tenant,
        principal: ev.principal.id,
        session: ev.session?.id ?? '',
        actionId: ev.id,
        ...(streamed === undefined ? {} : { wanted: () => streamed.wanted }),
      },
      signal,
      now: parts.now(),
      deadline: parts.settings.providerDeadline,
    };
    const pending =
      streamed === undefined
        ? execute(parts.office, execution)
        : executeStream(parts.office, execution, (piece) => streamed.take(piece));
    executed = pending instanceof Promise ? await pending : pending;
  }
  const duration = Math.round((performance.now() - started) * 1000) / 1000;
  return settle(parts, recorded, executed, duration, key, streamed);
}

/** Frames what came back, journals it, and only then answers. */
async function settle(
  parts: Parts,
  recorded: Recorded,
  executed: Executed,
  duration: number,
  key: Keyed | undefined,
  streamed: Streamed | undefined,
): Promise<Result> {
  const { ev } = recorded;
  const result = toResult(recorded);
  const rest = learned(parts, ev, executed);
  const viewer = viewerOf(ev);
  // What came in no pieces is shown like any other.
  const pieces = streamed?.began === true ? streamed : undefined;
  const whole =
    pieces !== undefined || executed.data === undefined ? undefined : measured(executed.data);
  const pending =
    pieces !== undefined
      ? pieces.finish({ ...executed, labels: rest })
      : whole === undefined
        ? undefined
        : framed(parts, viewer, whole, rest, ev.request?.response_mode, ev.view);
  const made = pending instanceof Promise ? await pending : pending;
  const labels = pieces?.labels ?? rest;
  const frame = made?.frame;
  const outcome: Outcome =
    executed.error === undefined
      ? { status: executed.status, duration_ms: duration }
      : { status: executed.status, error: executed.error, duration_ms: duration };
  result.outcome = outcome;
  if (frame !== undefined) result.frame = frame;
  const kept = key === undefined ? undefined : await keepAnswer(parts, ev, result);
  try {
    const record = parts.journal.append({
      kind: 'outcome',
      tenant: ev.caller.tenant,
      at: parts.now(),
      members: outcomeMembers({
        id: ev.id,
        session: ev.session?.id,
        principal: ev.principal.id,
        action: ev.action?.name ?? '',
        status: executed.status,
        error: executed.error,
        duration,
        result:
          pieces !== undefined
            ? pieces.commitment(executed.data)
            : whole === undefined
              ? undefined
              : parts.commit(digestOf(whole)),
        frame,
        labels,
        kept,
        handle: made?.handle,
        tokens: made?.tokens,
        frames: streamed?.frames,
      }),
    });
    if (made !== undefined) keep(parts, viewer, made);
    parts.state.settled(ev.id, executed.status, labels, kept);
    parts.flows.stored.settle(ev.caller.tenant, ev.id, executed.status);
    parts.ledger.settle(ev.id, { bytes: frame?.bytes, time: duration }, parts.now());
    await record.durable;
    result.record = { seq: record.seq, hash: record.hash };
  } catch {
    // It ran, and nothing holds what came of it: the intent stays open, and a restart records it as unknown.
    if (made !== undefined) forgo(parts, viewer, made);
    const { frame: _, ...rest } = result;
    return {
      ...rest,
      outcome: {
        status: 'unknown',
        error: { code: 'journal_unavailable', message: 'the outcome could not be journaled' },
        duration_ms: duration,
      },
    };
  }
  parts.events.emit(ev.caller.tenant, ev.principal.id, 'outcome', parts.now(), {
    id: ev.id,
    session: ev.session?.id ?? '',
    action: ev.action?.name ?? '',
    status: executed.status,
  });
  return result;
}

/** What came back, learned by the session's index before anybody sees it; what was not executed taught nothing. */
function learned(parts: Parts, ev: Evaluation, executed: Executed): readonly Label[] {
  const said = executed.data ?? executed.error?.message;
  const { action } = ev;
  if (executed.status === 'not_executed') parts.behaviours.carried.forgo(ev.id);
  else parts.behaviours.carried.settled(ev.id, said ?? null);
  if (
    executed.status === 'not_executed' ||
    action === undefined ||
    !parts.flows.heeds(ev.caller.tenant, ev.session)
  ) {
    parts.flows.forgo(ev.id);
    return executed.labels;
  }
  const [first, ...made] = executed.labels;
  const labels = parts.flows.outcome({
    id: ev.id,
    tenant: ev.caller.tenant,
    session: ev.session,
    action: action.name,
    acted: action,
    data: said instanceof Uint8Array ? decoder.decode(said.subarray(0, MOST_READ)) : said,
    labels: [first ?? unnamed(action.name), ...made],
  });
  return executed.data === undefined ? executed.labels : labels;
}

/** Of what a provider says nothing of. */
const unnamed = (action: string): Label => ({
  source: 'provider',
  origin: action,
  integrity: 'untrusted',
  confidentiality: 'private',
});
