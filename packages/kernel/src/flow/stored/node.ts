/**
 * One name in the tree of stored things. A node counts what is labelled at it and below, so that a look at all of it need not walk
 * through all of it.
 */
import { join, type Labels, NONE } from './join.ts';

export interface Node {
  parent: Node | undefined;
  segment: string;
  children: Map<string, Node> | undefined;
  /** What lies here. No labels: written with nothing to remember, below something that is. */
  entry: Labels | undefined;
  /** Of whatever lies here or below and has no entry. */
  coarse: Labels;
  /** Of names below that somebody else may have chosen. */
  names: Labels;
  /** Writes that have begun, by action. */
  open: Map<string, Open> | undefined;
  /** When the last of them began. */
  began: number;
  untrusted: number;
  private: number;
  secret: number;
}

interface Open {
  readonly labels: Labels;
  /** It may reach what lies below. */
  readonly wide: boolean;
}

export const newNode = (parent: Node | undefined, segment: string): Node => ({
  parent,
  segment,
  children: undefined,
  entry: undefined,
  coarse: NONE,
  names: NONE,
  open: undefined,
  began: 0,
  untrusted: 0,
  private: 0,
  secret: 0,
});

/** Counts one thing's labels, once for each kind, at the node and all above; `by` is 1 or -1. */
export function count(node: Node, labels: Labels, by: 1 | -1): void {
  if (labels.length === 0) return;
  const has = (test: (label: Labels[number]) => boolean): number => (labels.some(test) ? by : 0);
  add(node, {
    untrusted: has(({ integrity }) => integrity === 'untrusted'),
    private: has(({ confidentiality }) => confidentiality === 'private'),
    secret: has(({ confidentiality }) => confidentiality === 'secret'),
  });
}

type Counts = Pick<Node, 'untrusted' | 'private' | 'secret'>;

/** Adds to the node and all above. */
export function add(node: Node | undefined, counts: Counts, sign: 1 | -1 = 1): void {
  for (let at = node; at !== undefined; at = at.parent) {
    at.untrusted += sign * counts.untrusted;
    at.private += sign * counts.private;
    at.secret += sign * counts.secret;
  }
}

export const keyOf = (node: Node): string[] => {
  const key: string[] = [];
  for (let at = node; at.parent !== undefined; at = at.parent) key.unshift(at.segment);
  return key;
};

export const isPlace = (node: Node): boolean => node.parent?.parent === undefined;

/** Nothing is known here: it can go. */
export const isBare = ({ children, entry, coarse, names, open }: Node): boolean =>
  children === undefined &&
  entry === undefined &&
  coarse.length === 0 &&
  names.length === 0 &&
  open === undefined;

export function* below(node: Node): Generator<Node> {
  yield node;
  for (const child of node.children?.values() ?? []) yield* below(child);
}

export function openLabels({ open }: Node, wideOnly: boolean): Labels {
  if (open === undefined) return NONE;
  let found = NONE;
  for (const { labels, wide } of open.values()) if (wide || !wideOnly) found = join(found, labels);
  return found;
}

/** Nodes that a look below visits at most. */
const MOST_VISITED = 64;

/** Everything labelled strictly below, each while there are few, and then the sum of what is left. */
export function labelsBelow(node: Node): Labels {
  let found = NONE;
  let visited = 0;
  const visit = (at: Node): boolean => {
    for (const child of at.children?.values() ?? []) {
      if (child.untrusted + child.private + child.secret === 0) continue;
      if (++visited > MOST_VISITED) return false;
      found = join(found, child.entry ?? NONE);
      found = join(found, child.coarse);
      found = join(found, openLabels(child, false));
      if (!visit(child)) return false;
    }
    return true;
  };
  return visit(node) ? found : join(found, sumOf(node));
}

const sumOf = (node: Node): Labels => [
  Object.freeze({
    source: '*',
    origin: '*',
    integrity: node.untrusted > 0 ? 'untrusted' : 'trusted',
    confidentiality: node.secret > 0 ? 'secret' : node.private > 0 ? 'private' : 'public',
  }),
];
