/** The text that a signature is over (RFC 9421, section 2.5), made of a message and of what the signature says it covers. */
import { type InnerList, type Item, serializeInnerList, serializeItem } from './fields.ts';

export interface SignedMessage {
  readonly method?: string;
  /** As the sender addressed it: behind a proxy, the outer URL. */
  readonly url?: string;
  /** Of a response. */
  readonly status?: number;
  readonly headers: HeaderSource;
}

/** `Headers`, or an object as Node's servers have it: names in any case, a list where a field came several times. */
export type HeaderSource =
  | { get(name: string): string | null }
  | Readonly<Record<string, string | readonly string[] | undefined>>;

/** The value of a field, its lines joined (RFC 9421, section 2.1); undefined where it is not there. */
export function fieldOf(headers: HeaderSource, name: string): string | undefined {
  if (typeof headers.get === 'function')
    return (headers as { get(name: string): string | null }).get(name) ?? undefined;
  const lines = Object.entries(headers as Record<string, string | readonly string[] | undefined>)
    .filter(([key]) => key.toLowerCase() === name)
    .flatMap(([, value]) => value ?? []);
  return lines.length === 0 ? undefined : lines.map(unfolded).join(', ');
}

const unfolded = (line: string): string => line.replace(/\s*\r\n\s+/g, ' ').trim();

/** undefined where something is covered that is not there, is covered twice, or that is not understood: nothing covered is passed over. */
export function signatureBase(message: SignedMessage, covered: InnerList): string | undefined {
  const lines: string[] = [];
  const seen = new Set<string>();
  for (const item of covered.items) {
    const name = serializeItem(item);
    const value = componentOf(message, item);
    if (value === undefined || seen.has(name)) return undefined;
    seen.add(name);
    lines.push(`${name}: ${value}`);
  }
  lines.push(`"@signature-params": ${serializeInnerList(covered)}`);
  return lines.join('\n');
}

function componentOf(message: SignedMessage, { value: name, params }: Item): string | undefined {
  if (typeof name !== 'string' || name !== name.toLowerCase()) return undefined;
  if (name === '@query-param') return queryParam(message, params);
  if (params.size > 0) return undefined;
  if (name === '@method') return message.method;
  if (name === '@status') return message.status?.toString();
  if (!name.startsWith('@')) return fieldOf(message.headers, name);
  return message.url === undefined ? undefined : ofTarget(new URL(message.url), name);
}

/** RFC 9421, section 2.2. */
function ofTarget(url: URL, name: string): string | undefined {
  switch (name) {
    case '@target-uri':
      return `${url.origin}${url.pathname}${url.search}`;
    case '@authority':
      return url.host;
    case '@scheme':
      return url.protocol.slice(0, -1);
    case '@request-target':
      return `${url.pathname}${url.search}`;
    case '@path':
      return url.pathname;
    case '@query':
      return url.search === '' ? '?' : url.search;
    default:
      return undefined;
  }
}

/** RFC 9421, section 2.2.8: there once, decoded and encoded again. */
function queryParam({ url }: SignedMessage, params: Item['params']): string | undefined {
  const name = params.get('name');
  if (url === undefined || typeof name !== 'string' || params.size > 1) return undefined;
  const found = [...new URL(url).searchParams].filter(([key]) => encoded(key) === name);
  const [only] = found;
  return found.length === 1 && only !== undefined ? encoded(only[1]) : undefined;
}

const encoded = (text: string): string =>
  encodeURIComponent(text).replace(
    /[!'()~]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
