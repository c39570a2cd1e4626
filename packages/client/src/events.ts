/**
 * Server-sent events as an iterator: each event once, in order, across reconnects, which ask for what came after the
 * last one seen. Ends when the signal does; throws when nobody has answered for a while. Holds one event at a time.
 */
import type { KernelEvent } from '@portcullis/wire';
import { event as eventShape } from './answers.ts';
import { badResponse, cancelled, PortcullisError, unavailable } from './errors.ts';
import { parse, read } from './read.ts';
import type { Stream, Transport } from './transport.ts';

export interface EventOptions {
  readonly after?: number;
  readonly signal?: AbortSignal;
}

/** Called when the sidecar has taken the stream up: what happens from here on comes, first and after each reconnect. */
export type OnOpen = () => void;

const MAX_EVENT = 1 << 20;
const FIRST_WAIT = 100;
const LONGEST_WAIT = 5_000;
const GIVE_UP = 60_000;

export async function* events(
  transport: Transport,
  timeout: number,
  options: EventOptions,
  onOpen?: OnOpen,
): AsyncGenerator<KernelEvent, void, void> {
  const end = new AbortController();
  const signal =
    options.signal === undefined ? end.signal : AbortSignal.any([options.signal, end.signal]);
  let after = options.after;
  let wait = 0;
  let lost: number | undefined;
  let connected = false;
  try {
    while (!signal.aborted) {
      try {
        const query = after === undefined ? '' : `?after=${after}`;
        const stream = await transport.stream(`/v1/events${query}`, timeout, signal);
        if (stream.status !== 200) throw await refusal(stream);
        connected = true;
        onOpen?.();
        for await (const event of parseEvents(stream.chunks)) {
          wait = 0;
          lost = undefined;
          if (after !== undefined && event.seq <= after) continue;
          after = event.seq;
          yield event;
        }
      } catch (error) {
        if (signal.aborted) return;
        if (!connected || !mayReturn(error)) throw error;
        lost ??= Date.now();
        if (Date.now() - lost > GIVE_UP) throw error;
      }
      wait = Math.min(LONGEST_WAIT, wait === 0 ? FIRST_WAIT : wait * 2);
      await pause(wait, signal);
    }
  } finally {
    end.abort(cancelled());
  }
}

const mayReturn = (error: unknown): boolean =>
  !(error instanceof PortcullisError) || error.retry === 'later';

async function refusal(stream: Stream): Promise<Error> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of stream.chunks) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > MAX_EVENT) break;
  }
  stream.close();
  try {
    read({ status: stream.status, text }, () => undefined);
  } catch (error) {
    return error as Error;
  }
  return badResponse(`HTTP ${stream.status} where events were asked for`);
}

/** The event stream format of the HTML standard: `data` lines up to an empty line; other fields are not ours. */
async function* parseEvents(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<KernelEvent> {
  let data: string[] = [];
  let size = 0;
  for await (const line of linesOf(chunks)) {
    if (line.startsWith('data:')) {
      size += line.length;
      if (size > MAX_EVENT) throw badResponse('an event is too large', 'never');
      data.push(line.slice(line[5] === ' ' ? 6 : 5));
    } else if (line === '' && data.length > 0) {
      yield toEvent(data.join('\n'));
      data = [];
      size = 0;
    }
  }
}

async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let pieces: string[] = [];
  let held = 0;
  try {
    for await (const chunk of chunks) {
      const lines = decoder.decode(chunk, { stream: true }).split('\n');
      for (let i = 0; i < lines.length; i++) {
        const piece = lines[i] as string;
        held += piece.length;
        if (held > MAX_EVENT) throw badResponse('an event is too large', 'never');
        pieces.push(piece);
        if (i === lines.length - 1) break;
        yield pieces.join('').replace(/\r$/, '');
        pieces = [];
        held = 0;
      }
    }
  } catch (error) {
    if (error instanceof PortcullisError) throw error;
    throw unavailable(error instanceof Error ? error.message : 'the stream broke', 'later', error);
  }
}

function toEvent(text: string): KernelEvent {
  const value = parse(text);
  const wrong = eventShape(value);
  if (wrong !== undefined) throw badResponse(`an event${wrong}`, 'never');
  return value as KernelEvent;
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done, { once: true });
  });
}
