/**
 * Inclusion and consistency proofs of RFC 6962 section 2.1, made from any source of perfect subtrees, and checked as
 * RFC 9162 sections 2.1.3.2 and 2.1.4.2 say. Hashes on the way in and out are lower-case hex.
 */
import { EMPTY_ROOT, nodeHash } from './merkle.ts';

/** The root of the perfect subtree over leaves [index * 2^level, (index + 1) * 2^level). */
export type NodeSource = (level: number, index: number) => Buffer;

/** Sibling hashes from the leaf up, for leaf `index` (from 0) of a tree of `size`. */
export function inclusionPath(index: number, size: number, node: NodeSource): string[] {
  if (!(index >= 0 && index < size)) throw new RangeError('the leaf is not in the tree');
  return pathOf(index, 0, size, node).map((b) => b.toString('hex'));
}

/** Shows that the tree of `newSize` only appended to the tree of `oldSize`. */
export function consistencyPath(oldSize: number, newSize: number, node: NodeSource): string[] {
  if (!(oldSize >= 0 && oldSize <= newSize)) throw new RangeError('the older tree is larger');
  if (oldSize === 0 || oldSize === newSize) return [];
  return subproof(oldSize, 0, newSize, true, node).map((b) => b.toString('hex'));
}

/** RFC 9162 2.1.3.2. False for anything malformed. */
export function verifyInclusion(
  leaf: string,
  index: number,
  size: number,
  path: readonly string[],
  root: string,
): boolean {
  if (!isSize(index) || !isSize(size) || index >= size) return false;
  const nodes = decode([leaf, ...path]);
  if (nodes === undefined) return false;
  let fn = index;
  let sn = size - 1;
  let r = nodes[0] as Buffer;
  for (const p of nodes.slice(1)) {
    if (sn === 0) return false;
    if (fn % 2 === 1 || fn === sn) {
      r = nodeHash(p, r);
      while (fn % 2 === 0 && fn !== 0) {
        fn = Math.floor(fn / 2);
        sn = Math.floor(sn / 2);
      }
    } else {
      r = nodeHash(r, p);
    }
    fn = Math.floor(fn / 2);
    sn = Math.floor(sn / 2);
  }
  return sn === 0 && r.toString('hex') === root;
}

/** RFC 9162 2.1.4.2. False for anything malformed. */
export function verifyConsistency(
  oldSize: number,
  oldRoot: string,
  newSize: number,
  newRoot: string,
  path: readonly string[],
): boolean {
  if (!isSize(oldSize) || !isSize(newSize) || oldSize > newSize) return false;
  if (oldSize === newSize) return path.length === 0 && oldRoot === newRoot;
  if (oldSize === 0) return path.length === 0 && oldRoot === EMPTY_ROOT.toString('hex');
  const exact = Number.isInteger(Math.log2(oldSize));
  const nodes = decode(exact ? [oldRoot, ...path] : path);
  if (nodes === undefined || nodes.length === 0) return false;
  let fn = oldSize - 1;
  let sn = newSize - 1;
  while (fn % 2 === 1) {
    fn = Math.floor(fn / 2);
    sn = Math.floor(sn / 2);
  }
  let fr = nodes[0] as Buffer;
  let sr = nodes[0] as Buffer;
  for (const c of nodes.slice(1)) {
    if (sn === 0) return false;
    if (fn % 2 === 1 || fn === sn) {
      fr = nodeHash(c, fr);
      sr = nodeHash(c, sr);
      while (fn % 2 === 0 && fn !== 0) {
        fn = Math.floor(fn / 2);
        sn = Math.floor(sn / 2);
      }
    } else {
      sr = nodeHash(sr, c);
    }
    fn = Math.floor(fn / 2);
    sn = Math.floor(sn / 2);
  }
  return sn === 0 && fr.toString('hex') === oldRoot && sr.toString('hex') === newRoot;
}

function pathOf(index: number, start: number, size: number, node: NodeSource): Buffer[] {
  if (size === 1) return [];
  const k = split(size);
  return index < k
    ? [...pathOf(index, start, k, node), treeHash(start + k, size - k, node)]
    : [...pathOf(index - k, start + k, size - k, node), treeHash(start, k, node)];
}

function subproof(
  m: number,
  start: number,
  size: number,
  whole: boolean,
  node: NodeSource,
): Buffer[] {
  if (m === size) return whole ? [] : [treeHash(start, size, node)];
  const k = split(size);
  return m <= k
    ? [...subproof(m, start, k, whole, node), treeHash(start + k, size - k, node)]
    : [...subproof(m - k, start + k, size - k, false, node), treeHash(start, k, node)];
}

/** INVARIANT: `start` is a multiple of the largest power of two in `size`, as the splits of RFC 6962 leave it. */
function treeHash(start: number, size: number, node: NodeSource): Buffer {
  const level = Math.log2(size);
  if (Number.isInteger(level)) return node(level, start / size);
  const k = split(size);
  return nodeHash(treeHash(start, k, node), treeHash(start + k, size - k, node));
}

/** The largest power of two below `size`. */
function split(size: number): number {
  let k = 1;
  while (k * 2 < size) k *= 2;
  return k;
}

function decode(nodes: readonly string[]): Buffer[] | undefined {
  if (nodes.length > 64 || !nodes.every((n) => /^[0-9a-f]{64}$/.test(n))) return undefined;
  return nodes.map((n) => Buffer.from(n, 'hex'));
}

const isSize = (n: number): boolean => Number.isSafeInteger(n) && n >= 0;
