/**
 * What the host itself sends out: one request on one connection, to an address that was checked as the provider checks them. Redirects are not
 * followed, no proxy is asked, and of the answer only the status is read.
 */
import { Client } from 'undici';
import { startDeadline } from '../deadline.ts';
import { createConnection, systemDial, systemResolve } from './connector.ts';

export interface Outbound {
  readonly url: URL;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** Milliseconds for all of it. */
  readonly timeout: number;
  /** Addresses that are not public may be reached. */
  readonly allowPrivate: boolean;
  /** PEM of certificate authorities to trust instead of the system's. */
  readonly ca?: string | undefined;
  readonly signal: AbortSignal;
}

const MAX_HEADER_BYTES = 32 * 1024;

/** The status of the answer. Throws what went wrong: a ProviderError `provider_refused` for an address that is not public. */
export async function sendOutbound(request: Outbound): Promise<number> {
  const { url, timeout, signal } = request;
  signal.throwIfAborted();
  const deadline = startDeadline(signal, timeout);
  const dial = systemDial({ timeout, ca: request.ca });
  const { connect } = createConnection(systemResolve, dial, request.allowPrivate, deadline.signal);
  const client = new Client(url.origin, {
    connect,
    pipelining: 0,
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  try {
    return await deadline.race(exchange(client, request, deadline.signal));
  } finally {
    deadline.release();
    void client.destroy().catch(() => undefined);
  }
}

async function exchange(client: Client, request: Outbound, signal: AbortSignal): Promise<number> {
  const { url, method, headers, body } = request;
  const response = await client.request({
    method,
    path: `${url.pathname}${url.search}`,
    headers,
    body,
    signal,
  });
  // Nothing of the answer is read: whoever takes webhooks has nothing to tell.
  response.body.on('error', () => {}).destroy();
  return response.statusCode;
}
