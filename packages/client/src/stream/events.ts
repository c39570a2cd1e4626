/**
 * Server-sent events as an iterator: each event once, in order, across reconnects, which ask for what came after the
 * last one seen; a stream that fell silent is one that broke. Ends when the signal does; throws when nobody has answered for a while.
 * Holds one event at a time.
 */
import type { KernelEvent } from '@portcullis/wire';
import { event as eventShape } from '../answers/index.ts';
import { badResponse, cancelled, PortcullisError } from '../errors.ts';
import { parse } from '../read.ts';
import type { Transport } from '../transport/transport.ts';
import { pause } from './pause.ts';
import { dataOf, refusalOf } from './sse.ts';

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
        const path = `/v1/events${query}`;
        const call = { method: 'GET', path, timeout, repeatable: true } as const;
        const stream = await transport.stream(call, signal);
        if (stream.status !== 200) throw await refusalOf(stream, call, 'events');
        connected = true;
        lost = undefined;
        onOpen?.();
        for await (const text of dataOf(stream, MAX_EVENT, 'later')) {
          const event = toEvent(text);
          wait = 0;
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

function toEvent(text: string): KernelEvent {
  const value = parse(text);
  const wrong = eventShape(value);
  if (wrong !== undefined) throw badResponse(`an event${wrong}`, 'never');
  return value as KernelEvent;
}
