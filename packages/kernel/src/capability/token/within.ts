/**
 * Whether a path or URL lies at or below another, by segments. A text that could be read in two ways lies nowhere: dot segments, empty ones,
 * escapes of a slash or a dot, backslashes, a URL in another spelling than its canonical one.
 */
import { canonicalUrl } from '../../action/resource/http.ts';
import { isVisible } from '../../action/text.ts';

const LONGEST = 4_096;
const URL_LIKE = /^https?:/i;
const MISREAD = /\\|%(?:2e|2f|5c|00)/i;

/** What is wrong with a prefix; undefined where nothing is. */
export function wrongPrefix(prefix: string): string | undefined {
  if (prefix.length > LONGEST) return `longer than ${LONGEST} characters`;
  if (URL_LIKE.test(prefix)) {
    return readUrl(prefix) === undefined ? 'not a URL as the gate writes it' : undefined;
  }
  return segments(prefix) === undefined ? 'a path holds no empty, . or .. parts' : undefined;
}

/** The prefix is one that `wrongPrefix` finds no fault with. */
export function within(prefix: string, value: string): boolean {
  if (value.length > LONGEST) return false;
  if (URL_LIKE.test(prefix)) {
    const [outer, inner] = [readUrl(prefix), readUrl(value)];
    if (outer === undefined || inner === undefined || outer.origin !== inner.origin) return false;
    return startsWith(inner.path, outer.path);
  }
  const [outer, inner] = [segments(prefix), segments(value)];
  return outer !== undefined && inner !== undefined && startsWith(inner, outer);
}

function startsWith(value: readonly string[], prefix: readonly string[]): boolean {
  return value.length >= prefix.length && prefix.every((part, at) => part === value[at]);
}

/** An absolute path begins with an empty segment. One slash at the end says nothing. */
function segments(path: string): readonly string[] | undefined {
  if (path === '' || MISREAD.test(path) || !isVisible(path)) return undefined;
  if (path !== path.normalize('NFC')) return undefined;
  const parts = path.split('/');
  if (parts.at(-1) === '') parts.pop();
  const sound = parts.every(
    (part, at) => part !== '.' && part !== '..' && (part !== '' || at === 0),
  );
  return sound ? parts : undefined;
}

function readUrl(
  text: string,
): { readonly origin: string; readonly path: readonly string[] } | undefined {
  const read = canonicalUrl(text);
  if (!read.ok) return undefined;
  const plain = read.query === undefined ? read.value : `${read.value}?${read.query}`;
  if (plain !== text) return undefined;
  const slash = read.value.indexOf('/', read.value.indexOf('//') + 2);
  const path = segments(read.value.slice(slash));
  return path === undefined ? undefined : { origin: read.value.slice(0, slash), path };
}
