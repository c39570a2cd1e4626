/**
 * Which names this sidecar answers to. A page that rebinds its own name to 127.0.0.1 sends that name as Host; a page that posts
 * across sites sends its Origin: both are `misdirected`. One header of a kind, and no target but a path.
 */
import type { IncomingMessage } from 'node:http';
import { PortcullisError } from '@portcullis/kernel';

const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '[::1]'] as const;

export class AllowedHosts {
  readonly #hosts: ReadonlySet<string>;
  readonly #origins: ReadonlySet<string>;

  /** `hosts`: names or addresses, any port; `origins`: as browsers send them, none by default. */
  constructor(hosts: readonly string[], origins: readonly string[]) {
    this.#hosts = new Set(
      [...LOOPBACK_NAMES, ...hosts].map((host) => bracketed(host.toLowerCase())),
    );
    this.#origins = new Set(origins.map((origin) => origin.toLowerCase()));
  }

  check(incoming: IncomingMessage): void {
    const { headers, rawHeaders, url } = incoming;
    // HTTP/0.9 has no headers, so nothing in it could say who is meant.
    if (incoming.httpVersionMajor !== 1) throw new PortcullisError('malformed_request');
    if (url?.charCodeAt(0) !== 47)
      throw new PortcullisError('misdirected', 'the target must be a path');
    if (!this.#knows(headers.host))
      throw new PortcullisError('misdirected', 'the Host is not one of ours');
    const { origin } = headers;
    if (origin !== undefined && !this.#origins.has(origin.toLowerCase())) {
      throw new PortcullisError('misdirected', 'the Origin is not one of ours');
    }
    if (repeats(rawHeaders)) throw new PortcullisError('misdirected', 'a header came twice');
  }

  #knows(host: string | undefined): boolean {
    if (host === undefined) return false;
    const colon = host.lastIndexOf(':');
    const named = colon > host.lastIndexOf(']') ? host.slice(0, colon) : host;
    if (colon > 0 && named !== host && !/^\d{0,5}$/.test(host.slice(colon + 1))) return false;
    return this.#hosts.has(named) || this.#hosts.has(named.toLowerCase());
  }
}

/** Node keeps the first of two; who stands before us may have read the second. */
function repeats(rawHeaders: readonly string[]): boolean {
  let seen = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const bit = SINGLE.get((rawHeaders[i] as string).toLowerCase());
    if (bit === undefined) continue;
    if ((seen & bit) !== 0) return true;
    seen |= bit;
  }
  return false;
}

const SINGLE = new Map([
  ['host', 1],
  ['authorization', 2],
  ['content-type', 4],
  ['origin', 8],
  ['last-event-id', 16],
]);

const bracketed = (host: string): string =>
  host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
