/** The port to the wire: one request, one bounded answer; or one stream. Two forms: node:http and the platform's fetch. */

export interface Call {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Path and query. */
  readonly path: string;
  readonly body?: string | undefined;
  /** Whole request, in milliseconds. */
  readonly timeout: number;
  /** Asking again cannot do a thing twice. */
  readonly repeatable: boolean;
}

export interface Answer {
  readonly status: number;
  readonly text: string;
}

export interface Stream {
  readonly status: number;
  readonly chunks: AsyncIterable<Uint8Array>;
  close(): void;
}

export interface Transport {
  /** Throws PortcullisError. */
  send(call: Call): Promise<Answer>;
  /** Resolves when the head of the answer is there, which is what `timeout` is for. */
  stream(call: Call, signal: AbortSignal): Promise<Stream>;
  close(): void;
}

export interface Target {
  /** `http:` or `https:`; of a socket only the path of its requests counts. */
  readonly url: URL;
  readonly socketPath: string | undefined;
  readonly apiKey: string | undefined;
  /** Bytes of one answer. */
  readonly maxBytes: number;
  readonly tls?: ClientTls | undefined;
}

/** PEM texts. */
export interface ClientTls {
  /** Authorities that the sidecar's certificate must come from, in place of the platform's. */
  readonly ca?: string;
  /** A client certificate and its private key: with `tls.client_ca` nobody comes in without. */
  readonly cert?: string;
  readonly key?: string;
}

export function headersOf(target: Target): Record<string, string> {
  const headers: Record<string, string> = { accept: 'application/json' };
  if (target.apiKey !== undefined) headers.authorization = `Bearer ${target.apiKey}`;
  return headers;
}
