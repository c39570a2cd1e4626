/** What came of an action that ran here: framed, journaled, and only then told. */
import type { Label, Outcome, Result } from '@portcullis/wire';
import type { MaybePromise } from '../../action/types.ts';
import type { Executed } from '../../gate/execute.ts';
import type { Evaluation } from '../../gate/guard.ts';
import type { Parts } from '../../parts.ts';
import { outcomeMembers } from '../../record/outcome.ts';
import { type Framed, forgo, framed, keep, type Viewer, viewerOf } from '../result/framed.ts';
import { digestOf, measured } from '../result/measured.ts';
import type { Streamed } from '../result/stream/streamed.ts';
import { type Keyed, keepAnswer } from './idempotency/recall.ts';
import { recheck } from './recheck.ts';
import { type Recorded, toResult } from './record-decision.ts';

/** Bytes of a result that are read for where values come from. */
const MOST_READ = 8 * 1024 * 1024;
const decoder = new TextDecoder();

/** An action that was run, or tried. */
export interface Ran {
  readonly executed: Executed;
  /** Milliseconds. */
  readonly duration: number;
  readonly key: Keyed | undefined;
  readonly streamed: Streamed | undefined;
}

export async function settle(parts: Parts, recorded: Recorded, ran: Ran): Promise<Result> {
  const { ev } = recorded;
  const { executed, duration, key } = ran;
  const result = toResult(recorded);
  const viewer = viewerOf(ev);
  const showing = shown(parts, ev, viewer, ran);
  const { made, labels, commitment } = showing instanceof Promise ? await showing : showing;
  result.outcome = outcomeOf(ran);
  if (made !== undefined) result.frame = made.frame;
  stop(parts, ev, result);
  const kept = key === undefined ? undefined : await keepAnswer(parts, ev, result);
  // From here to the record nothing is awaited: what is shown is on record before what would have stopped it.
  if (key !== undefined) stop(parts, ev, result);
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
        result: commitment(),
        frame: result.frame,
        labels,
        kept,
        handle: result.withheld === undefined ? made?.handle : undefined,
        tokens: made?.tokens,
        frames: ran.streamed?.frames,
      }),
    });
    if (made !== undefined)
      keep(parts, viewer, result.withheld === undefined ? made : { ...made, handle: undefined });
    parts.state.settled(ev.id, executed.status, labels, kept);
    parts.flows.stored.settle(ev.caller.tenant, ev.id, executed.status);
    parts.ledger.settle(ev.id, { bytes: made?.frame.bytes, time: duration }, parts.now());
    await record.durable;
    result.record = { seq: record.seq, hash: record.hash };
  } catch {
    if (made !== undefined) forgo(parts, viewer, made);
    return unrecorded(result, duration);
  }
  parts.events.settled(ev.caller.tenant, ev.principal.id, parts.now(), {
    id: ev.id,
    session: ev.session?.id ?? '',
    action: ev.action?.name ?? '',
    came: executed.status,
  });
  return result;
}

/** What would deny the action now, though it ran, shows nothing of what came: neither data nor a name for it, nor what a provider says of a failure. */
function stop(parts: Parts, ev: Evaluation, result: ReturnType<typeof toResult>): void {
  if (result.withheld !== undefined) return;
  const stopped = recheck(parts, ev);
  if (stopped === undefined) return;
  result.withheld = stopped.code;
  const { frame, outcome } = result;
  const reason = `stopped: ${stopped.reason}`;
  if (outcome.error !== undefined)
    result.outcome = { ...outcome, error: { code: outcome.error.code, message: reason } };
  if (frame === undefined || (frame.data === null && frame.handle === undefined)) return;
  const { labels, bytes } = frame;
  result.frame = Object.freeze({ data: null, labels, notes: Object.freeze([reason]), bytes });
}

/** What the requester is given to see, and what its record says of it. */
interface Shown {
  readonly made: Framed | undefined;
  readonly labels: readonly Label[];
  /** To the result, where there is one. */
  readonly commitment: () => string | undefined;
}

const NO_RESULT = (): undefined => undefined;

function shown(
  parts: Parts,
  ev: Evaluation,
  viewer: Viewer,
  { executed, streamed }: Ran,
): MaybePromise<Shown> {
  const labels = learned(parts, ev, executed);
  const { data } = executed;
  // What came in no pieces is shown like any other.
  if (streamed?.began === true)
    return streamed.finish({ ...executed, labels }).then((made) => ({
      made,
      labels: streamed.labels,
      commitment: () => streamed.commitment(data),
    }));
  if (data === undefined) return { made: undefined, labels, commitment: NO_RESULT };
  const whole = measured(data);
  const commitment = (): string => parts.commit(digestOf(whole));
  const made = framed(parts, viewer, whole, labels, ev.request?.response_mode, ev.view);
  return made instanceof Promise
    ? made.then((settled) => ({ made: settled, labels, commitment }))
    : { made, labels, commitment };
}

const outcomeOf = ({ executed: { status, error }, duration }: Ran): Outcome =>
  error === undefined
    ? { status, duration_ms: duration }
    : { status, error, duration_ms: duration };

/** It ran, and nothing holds what came of it: the intent stays open, and a restart records it as unknown. */
function unrecorded({ frame: _, ...rest }: Result, duration: number): Result {
  const error = { code: 'journal_unavailable', message: 'the outcome could not be journaled' };
  return { ...rest, outcome: { status: 'unknown', error, duration_ms: duration } };
}

/** What came back, learned by the session's index before anybody sees it; what was not executed taught nothing. */
function learned(parts: Parts, ev: Evaluation, executed: Executed): readonly Label[] {
  const said = executed.data ?? executed.error?.message;
  const { action } = ev;
  if (executed.status === 'not_executed') parts.behaviours.dataFlow.forgo(ev.id);
  else parts.behaviours.dataFlow.settled(ev.id, said ?? null);
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
