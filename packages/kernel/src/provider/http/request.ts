/** From an action to what goes over the wire, or a refusal: the URL as judged, its headers, its body. */
import type { Action } from '../../action/types.ts';
import { param, textMapParam, textParam } from '../params.ts';
import { ProviderError } from '../types.ts';
import { METHODS } from './definitions.ts';

export interface HttpRequest {
  readonly method: 'GET' | 'HEAD' | 'OPTIONS' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: URL;
  /** Path and query, as sent. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | undefined;
  /** RFC 9110, 9.2.1: asks for no change. */
  readonly safe: boolean;
}

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** RFC 9110, 5.5: visible ASCII, space, tab, obs-text; the bytes of a Latin-1 text. */
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
const MAX_HEADER_BYTES = 16_384;

/** They frame the message, choose the host or the hop, or ask for another method than the one that was judged. */
const FORBIDDEN: ReadonlySet<string> = new Set([
  'host',
  'content-length',
  'connection',
  'transfer-encoding',
  'keep-alive',
  'upgrade',
  'http2-settings',
  'te',
  'trailer',
  'expect',
  'accept-encoding',
  'content-encoding',
  'x-http-method',
  'x-http-method-override',
  'x-method-override',
  'x-original-url',
  'x-rewrite-url',
  'x-forwarded-host',
]);

const bad = (message: string): ProviderError => new ProviderError('invalid_params', message);

export function readHttpRequest(action: Action): HttpRequest {
  const method = METHODS.get(action.name);
  if (method === undefined) throw new ProviderError('no_provider', 'http has no such action');
  const url = readUrl(action.resource.value);
  const query = textParam(action.params, 'query');
  const path = query === undefined ? url.pathname : `${url.pathname}?${checkQuery(url, query)}`;
  const value = param(action.params, 'body');
  if (value !== undefined && !method.body) throw bad(`${method.verb} takes no body`);
  const headers = readHeaders(textMapParam(action.params, 'headers'));
  headers['accept-encoding'] = 'gzip, br';
  headers['user-agent'] ??= 'portcullis';
  let body: Buffer | undefined;
  if (value !== undefined) {
    const isText = typeof value === 'string';
    body = Buffer.from(isText ? value : JSON.stringify(value));
    headers['content-type'] ??= isText ? 'text/plain; charset=utf-8' : 'application/json';
  }
  return { method: method.verb, url, path, headers, body, safe: method.effect === 'read' };
}

/** The canonical resource and nothing that reads as another: what was judged is what is asked. */
function readUrl(value: string): URL {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url === undefined || url.href !== value) {
    throw new ProviderError('invalid_resource', 'this is not a canonical URL');
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new ProviderError('provider_refused', 'only http and https URLs are fetched');
  }
  if (url.username !== '' || url.password !== '') {
    throw new ProviderError('invalid_resource', 'a URL has no user information here');
  }
  if (value.includes('#') || value.includes('?')) {
    throw new ProviderError(
      'invalid_resource',
      'the query goes into the parameter query; there is no fragment',
    );
  }
  return url;
}

function checkQuery(url: URL, query: string): string {
  const whole = new URL(url.href);
  whole.search = `?${query}`;
  if (query.includes('#') || whole.href !== `${url.href}?${query}`) {
    throw bad('the parameter query is not an encoded query');
  }
  return query;
}

function readHeaders(given: readonly [string, string][]): Record<string, string> {
  const headers: Record<string, string> = Object.create(null);
  let bytes = 0;
  for (const [name, value] of given) {
    const key = name.toLowerCase();
    if (!TOKEN.test(name)) throw bad('the name of a header is not a token');
    if (FORBIDDEN.has(key) || key.startsWith('proxy-')) {
      throw bad(`the header ${key.slice(0, 64)} is not the caller's to set`);
    }
    if (key in headers) throw bad(`the header ${key.slice(0, 64)} is there twice`);
    if (!VALUE.test(value))
      throw bad(`the header ${key.slice(0, 64)} has a character that headers do not have`);
    bytes += key.length + value.length + 4;
    if (bytes > MAX_HEADER_BYTES) throw bad(`headers of more than ${MAX_HEADER_BYTES} bytes`);
    headers[key] = value;
  }
  return headers;
}
