/** YAML 1.2 and, as a part of it, JSON: the value of a text, and where in the text each part of it stands. */
import {
  type Document,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseAllDocuments,
  type Scalar,
  visit,
  type YAMLMap,
} from 'yaml';
import type { Diagnostics, Locate, Path, Position } from './diagnostics.ts';
import { Lines } from './position.ts';

export interface Parsed {
  /** null where the text does not parse; what is wrong was said. */
  readonly value: unknown;
  readonly locate: Locate;
}

/** Reads the text; the caller's diagnostics get what is wrong with it. */
export function parseYaml(
  text: string,
  diagnose: (locate: Locate) => Diagnostics,
): Parsed & { into: Diagnostics } {
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, {
    lineCounter: lines,
    prettyErrors: false,
    // The library compares each key with all others of its map; below each is looked at once.
    uniqueKeys: false,
    stringKeys: true,
    merge: false,
    version: '1.2',
  });
  const at = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const document = Array.isArray(documents) ? documents[0] : undefined;
  const root = document?.contents as Node | null | undefined;
  const pairOf = pairsByKey();
  const locate: Locate = (path) => {
    const offset = root == null ? undefined : offsetOf(root, path, pairOf);
    return offset === undefined ? undefined : at(offset);
  };
  const into = diagnose(locate);
  if (document === undefined) return { value: undefined, locate, into };
  // What the library says after it has run out of stack is not of the document.
  const deep = document.errors.find(({ code }) => code === 'RESOURCE_EXHAUSTION');
  if (deep !== undefined) into.error('syntax', [], TOO_DEEP, at(deep.pos[0]));
  else
    for (const problem of [...document.errors, ...document.warnings])
      into.error('syntax', [], problem.message, at(problem.pos[0]));
  if (documents.length > 1) into.error('syntax', [], 'a policy is one document; this is several');
  try {
    for (const key of repeatedKeys(document)) {
      const message = `the key "${key.value}" stands twice`;
      into.error('duplicate_key', [], message, at(key.range?.[0] ?? 0));
    }
    return { value: into.ok ? document.toJS({ maxAliasCount: 100 }) : null, locate, into };
  } catch (error) {
    into.error('syntax', [], whyNot(error));
    return { value: null, locate, into };
  }
}

const TOO_DEEP = 'the document is nested too deeply';

function whyNot(error: unknown): string {
  if (error instanceof RangeError) return TOO_DEEP;
  return error instanceof Error ? error.message : 'the document cannot be read';
}

/** Keys that their map already has. */
function repeatedKeys(document: Document.Parsed): Scalar[] {
  const repeated: Scalar[] = [];
  visit(document, {
    Map(_key, map) {
      const seen = new Set<unknown>();
      for (const { key } of map.items) {
        if (!isScalar(key)) continue;
        if (seen.has(key.value)) repeated.push(key);
        seen.add(key.value);
      }
    },
  });
  return repeated;
}

/** Places of a JSON text: YAML's, for JSON is a part of it. Looked for only once something is wrong. */
export function jsonLocator(text: string): Locate {
  const pairOf = pairsByKey();
  let read: { readonly root: Node | null | undefined; readonly lines: Lines } | undefined;
  return (path) => {
    if (read === undefined) {
      const options = { prettyErrors: false, uniqueKeys: false, version: '1.2' } as const;
      const [document] = parseAllDocuments(text, options);
      read = { root: document?.contents as Node | null | undefined, lines: new Lines(text) };
    }
    const offset = read.root == null ? undefined : offsetOf(read.root, path, pairOf);
    return offset === undefined ? undefined : read.lines.at(offset);
  };
}

/** The key of a member, the value of an element; of what is missing, where its parent stands. */
function offsetOf(root: Node, path: Path, pairOf: PairsOf): number | undefined {
  let node: unknown = root;
  let offset = root.range?.[0];
  for (const part of path) {
    if (isMap(node)) {
      const pair = pairOf(node, String(part));
      if (pair === undefined) return offset;
      offset = (pair.key as Node | null)?.range?.[0] ?? offset;
      node = pair.value;
    } else if (isSeq(node) && typeof part === 'number') {
      const item = node.items[part] as Node | undefined;
      if (item === undefined) return offset;
      offset = item.range?.[0] ?? offset;
      node = item;
    } else {
      return offset;
    }
  }
  return offset;
}

type PairsOf = (map: YAMLMap, key: string) => Pair | undefined;

/** Of a long map each member is looked for once: its pairs are kept by key. Of two with one key the first is found. */
function pairsByKey(): PairsOf {
  const known = new WeakMap<YAMLMap, ReadonlyMap<string, Pair>>();
  return (map, key) => {
    let pairs = known.get(map);
    if (pairs === undefined) {
      const scalar = map.items.filter((pair) => isScalar(pair.key)).reverse();
      pairs = new Map(scalar.map((pair) => [String((pair.key as Scalar).value), pair]));
      known.set(map, pairs);
    }
    return pairs.get(key);
  };
}
