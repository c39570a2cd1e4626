/**
 * A URL as the gate judges it and as it is sent: `scheme://host[:port]/path`, one spelling for each resource; the query goes beside it
 * and the fragment, which no server sees, goes. Parsed by the WHATWG algorithm, so IPv4 in decimal, hex or octal is already plain.
 *
 * Host: lower case, IDN as ASCII, no trailing dot, letters, digits, `-` and `_` only; an IPv6 address that embeds an IPv4 one is that one.
 * Path (RFC 3986 section 6.2.2): dot segments resolved, escapes of characters that a segment may hold written plainly, all others escaped in upper
 * case, runs of slashes one slash. What servers read in two ways is refused: escaped slashes, backslashes, semicolons and controls,
 * escapes that are not UTF-8, and dot segments that carry a parameter (`..;`).
 */
import ipaddr from 'ipaddr.js';
import type { Refusal } from '../refusal.ts';
import { badResource, type Named, named } from './named.ts';

const LONGEST = 8_192;
const SCHEME = /^https?:\/\/[^/?#\\]/i;
const MISREAD = /[\s\\\p{Cc}\p{Cs}]/u;
const HOST = /^[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*$/;
const PLAIN_PATH = /^(?:\/[A-Za-z0-9._~!$&'()*+,=:@-]+)*\/?$/;
const DOT_SEGMENT = /\/\.{1,2}(?:[;/]|$)/;

export function canonicalUrl(raw: string): Named | Refusal {
  if (raw.length > LONGEST) return badResource(`longer than ${LONGEST} characters`);
  if (!SCHEME.test(raw)) return badResource('a URL begins with http:// or https:// and a host');
  if (MISREAD.test(raw)) {
    return badResource(
      'a URL holds no white space, control characters or backslashes; escape them',
    );
  }
  if (authority(raw).includes('@')) return badResource('a URL holds no user name or password');
  const url = URL.parse(raw);
  if (url === null) return badResource('not a URL');
  const host = canonicalHost(url.hostname);
  if (host === undefined) return badResource('the host is not well-formed');
  const path = canonicalUrlPath(url.pathname);
  if (path === undefined) return badResource('the path can be read in two ways');
  const value = `${url.protocol}//${host}${url.port === '' ? '' : `:${url.port}`}${path}`;
  const query = url.search.slice(1);
  return query === '' ? { ok: true, value } : { ok: true, value, query };
}

/** A query given apart, as it would stand in the URL: without `?`, escaped like one. */
export function canonicalQuery(raw: string): Named | Refusal {
  if (raw.length > LONGEST) return badResource(`longer than ${LONGEST} characters`);
  if (MISREAD.test(raw) || raw.includes('#')) {
    return badResource(
      'a query holds no white space, control characters, backslashes or #; escape them',
    );
  }
  const url = URL.parse(`http://h/?${raw}`);
  return url === null ? badResource('not a query') : named(url.search.slice(1));
}

/** Between `//` and what ends it. */
function authority(raw: string): string {
  const start = raw.indexOf('//') + 2;
  const length = raw.slice(start).search(/[/?#]/);
  return length === -1 ? raw.slice(start) : raw.slice(start, start + length);
}

function canonicalHost(hostname: string): string | undefined {
  if (hostname.startsWith('[')) {
    const address = ipaddr.IPv6.parse(hostname.slice(1, -1));
    return address.isIPv4MappedAddress() ? address.toIPv4Address().toString() : hostname;
  }
  const host = hostname.endsWith('.') ? hostname.slice(0, -1) : hostname;
  return host.length <= 253 && HOST.test(host) ? host : undefined;
}

function canonicalUrlPath(path: string): string | undefined {
  const spelled = PLAIN_PATH.test(path) ? path : respell(path);
  return spelled === undefined || DOT_SEGMENT.test(spelled) ? undefined : spelled;
}

/** A segment may hold these plainly: RFC 3986 pchar. */
const SEGMENT = /[A-Za-z0-9._~!$&'()*+,;=:@-]/;

function respell(path: string): string | undefined {
  try {
    decodeURIComponent(path);
  } catch {
    return undefined;
  }
  let text = '';
  for (let at = 0; at < path.length; at++) {
    const character = path.charAt(at);
    if (character === '/') {
      if (!text.endsWith('/')) text += '/';
    } else if (character !== '%') {
      text += SEGMENT.test(character) ? character : escaped(character.charCodeAt(0));
    } else {
      const byte = Number.parseInt(path.slice(at + 1, at + 3), 16);
      const meant = String.fromCharCode(byte);
      if (byte < 0x20 || byte === 0x7f || TWO_READINGS.includes(meant)) return undefined;
      text += byte < 0x80 && SEGMENT.test(meant) ? meant : escaped(byte);
      at += 2;
    }
  }
  return text;
}

const TWO_READINGS = '/\\;';
const escaped = (byte: number): string => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
