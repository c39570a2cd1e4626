/** `submit`: decide, journal the intent, run, bound what comes back, journal the outcome. With a sink, the result goes there as it comes. */
import type { Result } from '@portcullis/wire';
import type { Action, MaybePromise } from '../action/types.ts';
import { type Executed, execute, executeStream } from '../gate/execute.ts';
import type { Caller, Evaluation } from '../gate/guard.ts';
import { permits } from '../gate/judgement.ts';
import type { Permit } from '../gate/permit.ts';
import type { Parts } from '../parts.ts';
import { rawRefused } from './framed.ts';
import { type Keyed, keyOf, type Recall } from './idempotent.ts';
import { evaluation, type Recorded, recordDecision, toResult } from './record-decision.ts';
import { settle } from './settle.ts';
import { type FrameSink, Streamed } from './streamed.ts';

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
  const performing = perform(parts, ev, action, permit, signal, streamed);
  const executed = performing instanceof Promise ? await performing : performing;
  const duration = Math.round((performance.now() - started) * 1000) / 1000;
  return settle(parts, recorded, { executed, duration, key, streamed });
}

function perform(
  parts: Parts,
  ev: Evaluation,
  { name, digest }: Action,
  permit: Permit,
  signal: AbortSignal | undefined,
  streamed: Streamed | undefined,
): MaybePromise<Executed> {
  const provider = parts.registry.provider(name);
  if (provider === undefined) return NO_PROVIDER;
  const execution = {
    permit,
    digest,
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
  return streamed === undefined
    ? execute(parts.office, execution)
    : executeStream(parts.office, execution, (piece) => streamed.take(piece));
}

const NO_PROVIDER: Executed = Object.freeze({
  status: 'not_executed',
  error: Object.freeze({
    code: 'no_provider',
    message: 'nothing here executes this action',
  }),
  data: undefined,
  labels: Object.freeze([]),
});
