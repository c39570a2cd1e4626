/**
 * The frames of one call as an iterator: the call begins with the first that is asked for. Who leaves (`break`, `return()`) closes the connection, which
 * ends the call. Each frame is held to its place; a stream that ends before the last frame is an error.
 */
import type { Result, StreamFrame } from '@portcullis/wire';
import { streamFrame } from '../answers/index.ts';
import { badResponse, cancelled, PortcullisError, unavailable } from '../errors.ts';
import { parse, readResult } from '../read.ts';
import type { Call, Transport } from '../transport/transport.ts';
import { dataOf, refusalTextOf } from './sse.ts';

const MAX_FRAME = 16 << 20;

/** What comes of a last frame: more frames, where somebody was asked and the call goes on. */
type GoesOn = (result: Result) => Promise<Call | undefined>;

export function frames(
  transport: Transport,
  call: () => Call,
  goesOn: GoesOn = async () => undefined,
): AsyncIterable<StreamFrame> {
  const leave = new AbortController();
  const inner = follow(transport, call, goesOn, leave.signal);
  const iterator: AsyncIterator<StreamFrame, undefined> = {
    next: () => inner.next(),
    // At once, though a frame may be waited for.
    async return() {
      leave.abort(cancelled());
      await inner.return(undefined);
      return { done: true, value: undefined };
    },
  };
  return Object.freeze({ [Symbol.asyncIterator]: () => iterator });
}

async function* follow(
  transport: Transport,
  first: () => Call,
  goesOn: GoesOn,
  left: AbortSignal,
): AsyncGenerator<StreamFrame, undefined, void> {
  let call: Call | undefined;
  try {
    call = first();
    while (call !== undefined) {
      const end = new AbortController();
      const signal = AbortSignal.any([left, end.signal]);
      let held: StreamFrame | undefined;
      try {
        for await (const frame of once(transport, call, signal)) {
          // The last of one that is held may not be the last.
          if (frame.final) held = frame;
          else yield frame;
        }
      } finally {
        end.abort(cancelled());
      }
      if (held === undefined) return undefined;
      call = await goesOn(held.result as Result);
      if (call === undefined) yield held;
    }
  } catch (error) {
    if (!left.aborted) throw error;
  }
  return undefined;
}

async function* once(
  transport: Transport,
  call: Call,
  signal: AbortSignal,
): AsyncGenerator<StreamFrame, void, void> {
  const stream = await transport.stream(call, signal);
  if (stream.status !== 200) {
    yield refused(readResult({ status: stream.status, text: await refusalTextOf(stream, call) }));
    return;
  }
  let seq = 0;
  try {
    for await (const text of dataOf(stream, MAX_FRAME, 'never')) {
      const frame = toFrame(text, seq++);
      yield frame;
      if (frame.final) return;
    }
  } catch (error) {
    throw lost(call, error);
  }
  throw lost(call, new Error('it ended before its last frame'));
}

/** What admission refused is one frame too. */
const refused = (result: Result): StreamFrame => ({
  data: null,
  labels: [],
  notes: [],
  bytes: 0,
  seq: 0,
  final: true,
  result,
});

function toFrame(text: string, seq: number): StreamFrame {
  const value = parse(text);
  const wrong = streamFrame(value);
  if (wrong !== undefined) throw badResponse(`a frame${wrong}`, 'never');
  const frame = value as StreamFrame;
  if (frame.seq !== seq) throw badResponse(`frame ${frame.seq} in the place of ${seq}`, 'never');
  if (frame.final !== (frame.result !== undefined))
    throw badResponse('the last frame is the one with the result', 'never');
  return frame;
}

function lost(call: Call, error: unknown): Error {
  if (error instanceof PortcullisError && error.code !== 'unavailable') return error;
  const why = error instanceof Error ? error.message : String(error);
  const message = `the stream broke: ${why}; whether the action was carried out, the journal says`;
  return unavailable(message, call.repeatable ? 'later' : 'never', error);
}
