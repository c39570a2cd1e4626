/**
 * The frames of one call as server-sent events, at the reader's pace: `id` is the number of the frame, `event` is `frame` or, for the last, `final`.
 * A comment is sent while nothing comes. Who goes away, or stands still for too long, has left the call.
 */
import type { Result, StreamFrame } from '@portcullis/wire';
import { neverAnAction, refusedResult, stream } from '../http/answer.ts';
import type { Call } from '../route.ts';
import { occupy, paced } from './paced.ts';
import { orSilence } from './silence.ts';

/** How long an answer waits for its first frame before it begins, in milliseconds: what is refused at once is no stream. */
const FIRST = 1_000;
const HEARTBEAT = ': \n\n';

type Next = Promise<IteratorResult<StreamFrame>>;

export async function answerFrames(
  call: Call,
  frames: AsyncIterable<StreamFrame>,
): Promise<Response> {
  const { credential, sidecar } = call;
  const iterator = frames[Symbol.asyncIterator]();
  const next = iterator.next();
  const first = await orSilence(next, Math.min(FIRST, sidecar.heartbeat), credential.revoked);
  if (typeof first === 'object' && first.value?.result !== undefined) {
    const { result } = first.value as { result: Result };
    if (neverAnAction(result)) {
      sidecar.decided(result.decision);
      return refusedResult(result);
    }
  }
  return stream(bodyOf(call, iterator, next), 'text/event-stream');
}

function bodyOf(
  call: Call,
  iterator: AsyncIterator<StreamFrame>,
  first: Next,
): ReadableStream<Uint8Array> {
  const { credential, sidecar } = call;
  let next: Next | undefined = first;
  // Whose client is gone still runs to its record.
  const leave = occupy(call);

  async function take(): Promise<string | undefined> {
    next ??= iterator.next();
    const settled = await orSilence(next, sidecar.heartbeat, credential.revoked);
    if (settled === 'silence') return HEARTBEAT;
    next = undefined;
    if (settled === 'ended' || settled.done === true) return undefined;
    const frame = settled.value;
    if (frame.result !== undefined) {
      const { decision, outcome, replayed } = frame.result;
      sidecar.decided(decision);
      if (replayed !== true) sidecar.settled(outcome);
    }
    return eventOf(frame);
  }

  return paced(call, take, async () => {
    try {
      await iterator.return?.();
    } finally {
      leave();
    }
  });
}

/** JSON text has no line break: no data can forge a field. */
const eventOf = (frame: StreamFrame): string =>
  `id: ${frame.seq}\nevent: ${frame.final ? 'final' : 'frame'}\ndata: ${JSON.stringify(frame)}\n\n`;

/** Whether the body of a request asks for frames. What is wrong with it, admission says. */
export const asksForFrames = (body: unknown): boolean =>
  typeof body === 'object' && body !== null && (body as { stream?: unknown }).stream === true;
