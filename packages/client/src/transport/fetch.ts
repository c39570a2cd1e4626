/** The wire over a `fetch`: the user's own, or the platform's where there is no Node. Redirects are never followed: the key stays. */
import { badResponse, cancelled, PortcullisError, timedOut, unavailable } from '../errors.ts';
import {
  type Answer,
  type Call,
  headersOf,
  type Stream,
  type Target,
  type Transport,
} from './transport.ts';

export type Fetch = (input: string, init: RequestInit) => Promise<Response>;

export function fetchTransport(target: Target, fetch: Fetch): Transport {
  const base = target.url.href.replace(/\/$/, '');
  const headers = headersOf(target);
  const closed = new AbortController();

  const requestOf = ({ method, body }: Call): RequestInit =>
    body === undefined
      ? { method, headers, redirect: 'error' }
      : {
          method,
          headers: { ...headers, 'content-type': 'application/json' },
          redirect: 'error',
          body,
        };

  async function send(call: Call): Promise<Answer> {
    const retry = call.repeatable ? 'later' : 'never';
    const timeout = AbortSignal.timeout(call.timeout);
    const init = { ...requestOf(call), signal: AbortSignal.any([closed.signal, timeout]) };
    try {
      const response = await fetch(base + call.path, init);
      return { status: response.status, text: await bounded(response, target.maxBytes) };
    } catch (error) {
      if (error instanceof PortcullisError) throw error;
      if (closed.signal.aborted) throw unavailable('this client is closed', 'never');
      if (timeout.aborted) throw timedOut(call.timeout, retry);
      throw unavailable(messageOf(error), wasRefused(error) ? 'later' : retry, error);
    }
  }

  async function stream(call: Call, signal: AbortSignal): Promise<Stream> {
    const retry = call.repeatable ? 'later' : 'never';
    const own = new AbortController();
    const timer = setTimeout(() => own.abort(timedOut(call.timeout, retry)), call.timeout);
    try {
      const response = await fetch(base + call.path, {
        ...requestOf(call),
        signal: AbortSignal.any([closed.signal, own.signal, signal]),
      });
      const chunks = response.body as unknown as AsyncIterable<Uint8Array> | null;
      return { status: response.status, chunks: chunks ?? nothing(), close: () => own.abort() };
    } catch (error) {
      if (own.signal.aborted) throw own.signal.reason;
      if (signal.aborted) throw cancelled(signal.reason);
      throw unavailable(messageOf(error), wasRefused(error) ? 'later' : retry, error);
    } finally {
      clearTimeout(timer);
    }
  }

  return { send, stream, close: () => closed.abort() };
}

async function* nothing(): AsyncIterable<Uint8Array> {}

async function bounded(response: Response, max: number): Promise<string> {
  if (response.body === null) return '';
  const decoder = new TextDecoder();
  let bytes = 0;
  let text = '';
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    if (bytes > max) throw badResponse(`the answer is larger than ${max} bytes`);
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

function wasRefused(error: unknown): boolean {
  const cause =
    error instanceof Error ? (error.cause as { code?: unknown } | undefined) : undefined;
  return cause?.code === 'ECONNREFUSED' || cause?.code === 'ENOTFOUND';
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return 'the request failed';
  const cause = error.cause;
  return cause instanceof Error && cause.message !== '' ? cause.message : error.message;
}
