/**
 * Server-sent events (HTML standard, section 9.2): `id` is the event's number, so that a client that comes back says where it was.
 * One event is held per reader; a comment is sent while nothing happens; who stops reading is dropped and may resume.
 */
import { PortcullisError } from '@portcullis/kernel';
import type { KernelEvent } from '@portcullis/wire';
import type { Credential } from '../auth/credential.ts';
import { wholeNumber } from '../http/query.ts';
import type { Call } from '../route.ts';
import { paced } from './paced.ts';
import { orSilence } from './silence.ts';

/** Streams that one key may hold open. */
const MAX_STREAMS = 32;
const RETRY = 'retry: 1000\n\n';
const HEARTBEAT = ': \n\n';

const open = new WeakMap<Credential, number>();

export function eventStream(call: Call, after: number | undefined): ReadableStream<Uint8Array> {
  const { credential, kernel, sidecar } = call;
  const streams = open.get(credential) ?? 0;
  if (streams >= MAX_STREAMS) {
    throw new PortcullisError('too_many_requests', `a key may hold ${MAX_STREAMS} streams`, {
      retryAfter: 1,
    });
  }
  open.set(credential, streams + 1);
  sidecar.streams.open++;

  const ended = new AbortController();
  const signal = AbortSignal.any([ended.signal, sidecar.draining, credential.revoked]);
  const events = kernel
    .events({ signal, ...(after === undefined ? {} : { after }) })
    [Symbol.asyncIterator]();
  // Asked at once, so that what happens from now on is not missed, though the reader takes its time.
  let next: Promise<IteratorResult<KernelEvent>> | undefined = events.next();
  next.catch(() => {});
  let greeted = false;

  const end = () => {
    ended.abort();
    open.set(credential, (open.get(credential) ?? 1) - 1);
    sidecar.streams.open--;
    void events.return?.().catch(() => {});
  };

  async function take(): Promise<string | undefined> {
    if (!greeted) {
      greeted = true;
      return RETRY;
    }
    next ??= events.next();
    const settled = await orSilence(next, sidecar.heartbeat, signal);
    if (settled === 'ended' || Date.now() >= credential.expires) return undefined;
    if (settled === 'silence') return HEARTBEAT;
    next = undefined;
    return settled.done ? undefined : frameOf(settled.value);
  }

  // What goes wrong ends it like any other end: a reader resumes.
  return paced(call, () => take().catch(() => undefined), end);
}

/** The type is a word of ours and JSON text has no line break: neither can forge a field. */
function frameOf(event: KernelEvent): string {
  const type = /^[a-z_.]{1,64}$/.test(event.type) ? event.type : 'message';
  return `id: ${event.seq}\nevent: ${type}\ndata: ${JSON.stringify(event)}\n\n`;
}

/** What a client that comes back says it saw last. */
export function lastEventId(header: string | string[] | undefined): number | undefined {
  if (header === undefined || header === '') return undefined;
  const seen = typeof header === 'string' ? wholeNumber(header) : undefined;
  if (seen !== undefined) return seen;
  throw new PortcullisError('malformed_request', 'Last-Event-ID must be the number of an event');
}
