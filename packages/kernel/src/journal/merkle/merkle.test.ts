import { createHash } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Tiles } from '../reading/tiles.ts';
import { Frontier } from './merkle.ts';
import {
  consistencyPath,
  inclusionPath,
  type NodeSource,
  verifyConsistency,
  verifyInclusion,
} from './proof.ts';

const sha = (...parts: Uint8Array[]): Buffer => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};

/** RFC 6962 section 2.1, as naive as it is written there. */
function treeHash(leaves: readonly Buffer[]): Buffer {
  if (leaves.length === 0) return sha();
  if (leaves.length === 1) return leaves[0] as Buffer;
  let k = 1;
  while (k * 2 < leaves.length) k *= 2;
  return sha(Buffer.from([1]), treeHash(leaves.slice(0, k)), treeHash(leaves.slice(k)));
}

const LEAVES = Array.from({ length: 1_200 }, (_, i) =>
  sha(Buffer.from([0]), Buffer.from(`leaf ${i}`)),
);
const hex = (b: Buffer): string => b.toString('hex');
const rootOf = (size: number): string => hex(treeHash(LEAVES.slice(0, size)));
const direct: NodeSource = (level, index) =>
  treeHash(LEAVES.slice(index * 2 ** level, (index + 1) * 2 ** level));

function frontierOf(size: number): Frontier {
  const frontier = new Frontier();
  for (const leaf of LEAVES.slice(0, size)) frontier.push(leaf.toString('latin1'));
  return frontier;
}

describe('the Merkle tree', () => {
  it('has the root of RFC 6962 at every size, also from a compact range on', () => {
    const growing = new Frontier();
    for (let size = 0; size <= 300; size++) {
      expect(hex(growing.root())).toBe(rootOf(size));
      const resumed = new Frontier(size, growing.range());
      for (const leaf of LEAVES.slice(size, size + 20)) resumed.push(leaf.toString('latin1'));
      expect(hex(resumed.root())).toBe(rootOf(size + 20));
      growing.push((LEAVES[size] as Buffer).toString('latin1'));
    }
  });

  it('has the roots of the reference vectors of certificate transparency', () => {
    const inputs = [
      '',
      '00',
      '10',
      '2021',
      '3031',
      '40414243',
      '5051525354555657',
      '606162636465666768696a6b6c6d6e6f',
    ];
    const roots = [
      '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
      'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
      'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
      '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
      '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
      'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
      '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
    ];
    const tree = new Frontier();
    expect(hex(tree.root())).toBe(
      'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    );
    inputs.forEach((input, i) => {
      tree.push(sha(Buffer.from([0]), Buffer.from(input, 'hex')).toString('latin1'));
      expect(hex(tree.root())).toBe(roots[i]);
    });
  });

  it('refuses a range that does not fit its size', () => {
    expect(() => new Frontier(3, ['00'.repeat(32)])).toThrow();
    expect(() => new Frontier(1, ['zz'.repeat(32)])).toThrow();
    expect(() => new Frontier(0, ['00'.repeat(32)])).toThrow();
  });
});

describe('proofs', () => {
  it('verify for every leaf of small trees, and for nothing else', () => {
    for (let size = 1; size <= 33; size++) {
      const root = rootOf(size);
      for (let index = 0; index < size; index++) {
        const leaf = hex(LEAVES[index] as Buffer);
        const path = inclusionPath(index, size, direct);
        expect(verifyInclusion(leaf, index, size, path, root)).toBe(true);
        expect(verifyInclusion(leaf, index, size, [...path, root], root)).toBe(false);
        expect(verifyInclusion(hex(LEAVES[size] as Buffer), index, size, path, root)).toBe(false);
        if (path.length > 0) {
          expect(verifyInclusion(leaf, index, size, path.slice(1), root)).toBe(false);
          expect(verifyInclusion(leaf, (index + 1) % size, size, path, root)).toBe(false);
        }
      }
      expect(verifyInclusion(root, size, size, [], root)).toBe(false);
    }
  });

  it('show that a larger tree only appended', () => {
    for (let newSize = 1; newSize <= 40; newSize++) {
      for (let oldSize = 0; oldSize <= newSize; oldSize++) {
        const path = consistencyPath(oldSize, newSize, direct);
        const check = (old: string, now: string, p = path): boolean =>
          verifyConsistency(oldSize, old, newSize, now, p);
        expect(check(rootOf(oldSize), rootOf(newSize)), `${oldSize} ${newSize}`).toBe(true);
        if (oldSize === 0 || oldSize === newSize) continue;
        expect(check(rootOf(oldSize + 1), rootOf(newSize))).toBe(false);
        expect(check(rootOf(oldSize), rootOf(newSize + 1))).toBe(false);
        expect(check(rootOf(oldSize), rootOf(newSize), path.slice(1))).toBe(false);
        expect(check(rootOf(oldSize), rootOf(newSize), [...path, rootOf(1)])).toBe(false);
      }
    }
  });

  it('take any input without throwing', () => {
    const node = fc.oneof(fc.string(), fc.constant('00'.repeat(32)));
    const size = fc.oneof(fc.integer(), fc.double(), fc.maxSafeNat());
    fc.assert(
      fc.property(size, size, fc.array(node, { maxLength: 70 }), node, (a, b, path, root) => {
        expect(verifyInclusion(root, a, b, path, 'x')).toBe(false);
        verifyConsistency(a, root, b, root, path);
      }),
    );
  });
});

describe('tiles', () => {
  const build = (size: number, base = 0, restartEvery = 0): Tiles => {
    const db = new DatabaseSync(':memory:');
    let tiles = new Tiles(db);
    const range = frontierOf(base).range();
    tiles.startAt(base, range);
    for (let i = base; i < size; i++) {
      tiles.set(i, LEAVES[i] as Buffer);
      if (restartEvery > 0 && i % restartEvery === 0) {
        tiles.save();
        tiles = new Tiles(db);
        tiles.startAt(base, range);
      }
    }
    return tiles;
  };

  it.each([
    [1_200, 0, 0],
    [1_200, 0, 97],
    [1_200, 1, 50],
    [1_200, 255, 0],
    [1_200, 256, 100],
    [1_200, 700, 33],
    [1_200, 1_023, 0],
  ])('make every proof of %i leaves from %i on, reopened every %i', (size, base, restart) => {
    const tiles = build(size, base, restart);
    const source: NodeSource = (level, index) => tiles.node(level, index);
    for (let at = base + 1; at <= size; at += 61) {
      const root = rootOf(at);
      for (let index = base; index < at; index += 43) {
        const path = inclusionPath(index, at, source);
        expect(verifyInclusion(hex(LEAVES[index] as Buffer), index, at, path, root)).toBe(true);
      }
      const path = consistencyPath(at, size, source);
      expect(verifyConsistency(at, root, size, rootOf(size), path)).toBe(true);
    }
  });

  it('say so where the records were dropped', () => {
    const tiles = build(300, 200);
    expect(() => inclusionPath(10, 300, (l, i) => tiles.node(l, i))).toThrow(/dropped/);
  });

  it('forget whole tiles and still prove what is left', () => {
    const tiles = build(1_200, 0);
    tiles.save();
    tiles.startAt(700, frontierOf(700).range());
    tiles.prune(700);
    const path = inclusionPath(701, 1_200, (l, i) => tiles.node(l, i));
    expect(verifyInclusion(hex(LEAVES[701] as Buffer), 701, 1_200, path, rootOf(1_200))).toBe(true);
  });
});
