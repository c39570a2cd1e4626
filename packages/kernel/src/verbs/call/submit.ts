/** `submit`: decide, journal the intent, run, bound what comes back, journal the outcome. With a sink, the result goes there as it comes. */
import type { Result } from '@portcullis/wire';
import type { Action, MaybePromise } from '../../action/types.ts';
import { type Executed, execute, executeStream } from '../../gate/execute.ts';
import type { Caller, Evaluation } from '../../gate/guard.ts';
import { type Judgement, permits } from '../../gate/judgement.ts';
import type { Permit } from '../../gate/permit.ts';
import type { Parts } from '../../parts.ts';
import { rawRefused } from '../result/framed.ts';
import { type FrameSink, Streamed } from '../result/stream/streamed.ts';
import { type Keyed, keyOf } from './idempotency/recall.ts';
import type { CallOptions } from './options.ts';
import {
  type Extra,
  evaluation,
  type Recorded,
  recordDecision,
  toResult,
} from './record-decision.ts';
import { settle } from './settle.ts';

export function submit(
  parts: Parts,
  caller: Caller,
  input: unknown,
  options: CallOptions,
): Promise<Result> {
  try {
    return submitted(parts, evaluation(parts, caller, input, 'provider'), options);
  } catch (error) {
    return Promise.reject(error);
  }
}

/** The same, of an evaluation that is made already. No promise on the way is waited for that is not there: each costs a turn of the queue. */
export function submitted(parts: Parts, ev: Evaluation, options: CallOptions): Promise<Result> {
  const refused = parts.gate.admit(ev);
  return refused instanceof Promise
    ? refused.then((late) => admitted(parts, ev, late, options))
    : admitted(parts, ev, refused, options);
}

function admitted(
  parts: Parts,
  ev: Evaluation,
  refused: Judgement | undefined,
  options: CallOptions,
): Promise<Result> {
  const judgement = refused ?? rawRefused(parts, ev);
  if (judgement !== undefined) return recordDecision(parts, ev, judgement).then(toResult);
  const key = keyOf(parts, ev);
  return key === undefined
    ? judgeAndRun(parts, ev, undefined, options)
    : options.recall.once(parts, ev, key, () => judgeAndRun(parts, ev, key, options));
}

function judgeAndRun(
  parts: Parts,
  ev: Evaluation,
  key: Keyed | undefined,
  options: CallOptions,
): Promise<Result> {
  const judging = parts.gate.judge(ev);
  return judging instanceof Promise
    ? judging.then((judged) => judgedSo(parts, ev, judged, key, options))
    : judgedSo(parts, ev, judging, key, options);
}

function judgedSo(
  parts: Parts,
  ev: Evaluation,
  judged: Judgement,
  key: Keyed | undefined,
  options: CallOptions,
): Promise<Result> {
  const { signal, sink } = options;
  const streams = sink !== undefined && permits(judged.effect) && streamable(parts, ev);
  // Before it runs: after a crash the session may have seen some of it.
  if (streams) ev.members = { ...ev.members, streams: true };
  const extra = key === undefined ? NOTHING : { idempotency: key.commitment };
  const recording = recordDecision(parts, ev, judged, extra);
  return permits(judged.effect)
    ? run(parts, recording, key, signal, streams ? sink : undefined)
    : recording.then(toResult);
}

const NOTHING: Extra = Object.freeze({});

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
  recording: Promise<Recorded>,
  key: Keyed | undefined,
  signal: AbortSignal | undefined,
  sink: FrameSink | undefined,
): Promise<Result> {
  const recorded = await recording;
  // Overtaken by what ended it, or its record could not be written.
  if (!permits(recorded.judgement.effect)) return toResult(recorded);
  const { ev } = recorded;
  const action = ev.action;
  const permit = ev.permit;
  if (action === undefined || permit === undefined)
    throw new Error('permitted without an action or a permit');
  const streamed =
    sink === undefined ? undefined : new Streamed(parts, ev, sink, key !== undefined);
  const started = performance.now();
  const performing = perform(parts, ev, action, permit, signal, streamed);
  const executed = performing instanceof Promise ? await performing : performing;
  const duration = Math.round((performance.now() - started) * 1000) / 1000;
  return await settle(parts, recorded, { executed, duration, key, streamed });
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
