/**
 * Patterns over canonical resources: by segment, `*` never crosses a `/`, dot files match, `/workspace/**` includes `/workspace`.
 * A list of them becomes one matcher that asks sets and prefixes first.
 */
import { isLiteral, matchSegment, parseSegment, type Segment } from './segment.ts';
import { matchSequence, parseSequence, type Wild } from './sequence.ts';
import { isDots, type ResourceText, readResource } from './text.ts';
import { parseUrlPattern } from './url.ts';

export interface ResourcePatterns {
  readonly patterns: readonly string[];
  readonly ignoreCase: boolean;
  /** For permit rules: wildcards stand for nothing that a canonical resource cannot hold. */
  readonly strict: boolean;
}

export type ResourceMatch = (resource: string) => boolean;

type Test = (resource: ResourceText) => boolean;

const LONGEST = 4_096;
const SLASH = 47;

/** What is wrong with a pattern; undefined where nothing is. */
export function wrongResourcePattern(pattern: string): string | undefined {
  const built = build(pattern, false);
  return 'wrong' in built ? built.wrong : undefined;
}

/** Throws on patterns that `wrongResourcePattern` finds fault with. */
export function compileResource(options: ResourcePatterns): ResourceMatch {
  const exact = new Set<string>();
  const lastNames = new NameSet();
  const anyNames = new NameSet();
  const directories: ResourceMatch[] = [];
  const tests: Test[] = [];
  for (const written of new Set(
    options.patterns.flatMap((text) => [text, text.normalize('NFC')]),
  )) {
    const pattern = options.ignoreCase ? written.toLowerCase() : written;
    const built = build(pattern, options.strict);
    if ('wrong' in built) throw new TypeError(`${pattern}: ${built.wrong}`);
    if (built.kind === 'exact') exact.add(built.text);
    else if (built.kind === 'below') directories.push(below(built.directory, options.strict));
    else if (built.kind === 'name' && !options.strict) {
      (built.anywhere ? anyNames : lastNames).add(built.segment);
    } else tests.push(built.test);
  }
  const names = lastNames.size + anyNames.size;
  const [only] = directories;
  if (only !== undefined && directories.length + tests.length + exact.size + names === 1) {
    return options.ignoreCase ? (value) => only(value.toLowerCase()) : only;
  }
  return (value) => {
    const text = options.ignoreCase ? value.toLowerCase() : value;
    if (exact.has(text)) return true;
    for (const below of directories) if (below(text)) return true;
    if (tests.length + names === 0) return false;
    const resource = readResource(text);
    for (const test of tests) if (test(resource)) return true;
    if (names === 0) return false;
    const { segments } = resource;
    if (lastNames.has(segments[segments.length - 1] as string)) return true;
    return anyNames.size > 0 && segments.some((segment) => anyNames.has(segment));
  };
}

type Built =
  | { readonly kind: 'exact'; readonly text: string }
  | { readonly kind: 'below'; readonly directory: string }
  | {
      readonly kind: 'name';
      readonly segment: Segment;
      readonly anywhere: boolean;
      readonly test: Test;
    }
  | { readonly kind: 'test'; readonly test: Test };

function build(pattern: string, strict: boolean): Built | { readonly wrong: string } {
  if (pattern === '') return { wrong: 'a pattern is not empty' };
  if (pattern.length > LONGEST) return { wrong: `a pattern has at most ${LONGEST} characters` };
  if (/^(https?|\*):\/\//.test(pattern)) {
    const match = parseUrlPattern(pattern);
    if ('wrong' in match) return match;
    const test: Test = ({ url }) => url !== undefined && match(url, strict);
    return { kind: 'test', test };
  }
  const parts = pattern.split('/');
  if (parts.some(isDots)) return { wrong: 'a canonical path has no . or .. in it' };
  if (pattern === '*')
    return { wrong: '* never crosses a /; for any resource leave it out, or write **' };
  const sequence = parseSequence(parts);
  if ('wrong' in sequence) return sequence;
  const wild: Wild = strict ? (part) => !isDots(part) : () => true;
  const test: Test = (resource) => matchSequence(sequence, resource.segments, wild);
  if (sequence.length === 1 && (sequence[0] as readonly Segment[]).every(isLiteral)) {
    return { kind: 'exact', text: literalText(sequence[0] as readonly Segment[]) };
  }
  const head = sequence[0] as readonly Segment[];
  if (
    sequence.length === 2 &&
    sequence[1]?.length === 0 &&
    head.length > 0 &&
    head.every(isLiteral)
  ) {
    return { kind: 'below', directory: literalText(head) };
  }
  if (parts[0] === '**' && (parts.length === 2 || (parts.length === 3 && parts[2] === '**'))) {
    const segment = parseSegment(parts[1] as string);
    if (parts[1] !== '**' && !('wrong' in segment)) {
      return { kind: 'name', segment, anywhere: parts.length === 3, test };
    }
  }
  return { kind: 'test', test };
}

const literalText = (segments: readonly Segment[]): string => segments.map((s) => s[0]).join('/');

/** `/workspace/**`: the commonest pattern, without taking the resource apart. */
function below(directory: string, strict: boolean): ResourceMatch {
  const prefix = `${directory}/`;
  const { length } = prefix;
  const last = prefix.charCodeAt(length - 2);
  return (text) => {
    if (text.length < length) return text === directory;
    // Two characters tell most resources apart, for less than the whole comparison.
    if (text.charCodeAt(length - 1) !== SLASH) return false;
    if (length > 1 && text.charCodeAt(length - 2) !== last) return false;
    return text.startsWith(prefix) && !(strict && readResource(text).dotted);
  };
}

/** Names of one segment: most are literal and asked as a set. */
class NameSet {
  readonly #literals = new Set<string>();
  readonly #patterns: Segment[] = [];

  get size(): number {
    return this.#literals.size + this.#patterns.length;
  }

  add(segment: Segment): void {
    if (isLiteral(segment)) this.#literals.add(segment[0] as string);
    else this.#patterns.push(segment);
  }

  has(name: string): boolean {
    if (this.#literals.has(name)) return true;
    for (const pattern of this.#patterns) if (matchSegment(pattern, name)) return true;
    return false;
  }
}
