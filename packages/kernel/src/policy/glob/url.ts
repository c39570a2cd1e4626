/**
 * Patterns over URLs: the host by labels, the port exact, the path by segments. `*` stays within a label or a segment, so
 * `https://*.example.com/**` is neither example.com.evil.io nor a.b.example.com; `**` is any number of labels.
 */
import { matchSequence, parseSequence, type Wild } from './sequence.ts';
import { isDots, type UrlText } from './text.ts';

const anything: Wild = () => true;

export type UrlMatch = (url: UrlText, strict: boolean) => boolean;

export function parseUrlPattern(text: string): UrlMatch | { readonly wrong: string } {
  const match = /^(https?|\*):\/\/([^/]*)(\/.*)?$/s.exec(text);
  if (match === null) return { wrong: 'a URL pattern is scheme://host:port/path' };
  const [, scheme, authority, path] = match as unknown as [string, string, string, string?];
  if (/[?#]/.test(text)) return { wrong: 'query and fragment are no part of the resource' };
  if (authority.includes('@')) return { wrong: 'a canonical URL names no user' };
  const parts = /^(\[[0-9a-f:.]+\]|[^:[\]]+)(?::(\d{1,5}|\*))?$/.exec(authority);
  if (parts === null) return { wrong: 'the host is lower-case labels, or an address, and a port' };
  const [, host, port] = parts as unknown as [string, string, string?];
  const wrong = wrongAuthority(scheme, host, port);
  if (wrong !== undefined) return { wrong };
  const labels = host.startsWith('[') ? [[[host]]] : parseSequence(host.split('.'));
  if ('wrong' in labels) return labels;
  const segments = parseSequence((path ?? '/').slice(1).split('/'));
  if ('wrong' in segments) return segments;
  return (url, strict) => {
    if (strict && url.odd) return false;
    if (scheme === '*' ? !/^https?$/.test(url.scheme) : url.scheme !== scheme) return false;
    if (port !== '*' && url.port !== (port ?? '')) return false;
    if (!matchSequence(labels, url.labels, anything)) return false;
    return matchSequence(segments, url.path, strict ? (part) => !isDots(part) : anything);
  };
}

function wrongAuthority(
  scheme: string,
  host: string,
  port: string | undefined,
): string | undefined {
  if (host === '*') return '* alone is only hosts of one label; for any host write **';
  if (!host.startsWith('[') && !/^[a-z0-9_\-.*]+$/.test(host)) {
    return 'hosts are lower-case ASCII; write an international name as xn--…';
  }
  const own = scheme === 'https' ? '443' : scheme === 'http' ? '80' : undefined;
  if (port !== undefined && port === own) {
    return `:${port} is left out: it is the port of ${scheme}`;
  }
  return undefined;
}
