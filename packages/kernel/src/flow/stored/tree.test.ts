/** The tree against a world that really keeps things: what is read there is never worse than what the tree says. */
import type { Label } from '@portcullis/wire';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { summary } from '../../session/labels.ts';
import type { Labels } from './join.ts';
import { type Happened, LabelTree, type Write } from './tree.ts';

const WEB: Labels = [
  { source: 'http', origin: 'evil.test', integrity: 'untrusted', confidentiality: 'public' },
];
const VAULT: Labels = [
  { source: 'vault', origin: 'main', integrity: 'trusted', confidentiality: 'secret' },
];
const NONE: Labels = [];
const key = (text: string): string[] => ['fs', ...text.split('/')];

/** Begins and settles at once. */
function did(tree: LabelTree, write: Write, happened: Happened = 'yes', names: Labels = []): void {
  tree.begin('x', write, names);
  tree.settle('x', happened);
}
const wrote = (tree: LabelTree, at: string, labels: Labels, happened?: Happened): void =>
  did(tree, { does: 'write', at: key(at), labels }, happened);

describe('what was stored', () => {
  it('keeps its labels until it is overwritten or deleted', () => {
    const tree = new LabelTree();
    wrote(tree, 'a/notes', WEB);
    expect(tree.read(key('a/notes'), false)).toEqual(WEB);
    expect(tree.read(key('a/other'), false)).toEqual([]);
    did(tree, { does: 'append', at: key('a/notes'), labels: VAULT });
    expect(tree.read(key('a/notes'), false)).toEqual([...WEB, ...VAULT]);
    did(tree, { does: 'append', at: key('a/notes'), labels: NONE });
    expect(tree.read(key('a/notes'), false)).toEqual([...WEB, ...VAULT]);
    wrote(tree, 'a/notes', NONE);
    expect(tree.empty).toBe(true);
    wrote(tree, 'a/notes', WEB);
    did(tree, { does: 'delete', at: key('a/notes') });
    expect(tree.empty).toBe(true);
  });

  it('takes them along when it moves, and a directory all that is in it', () => {
    const tree = new LabelTree();
    wrote(tree, 'a/b/one', WEB);
    wrote(tree, 'a/two', VAULT);
    wrote(tree, 'c/three', VAULT);
    did(tree, { does: 'move', at: key('a'), to: key('c') });
    expect(tree.read(key('c/b/one'), false)).toEqual(WEB);
    expect(tree.read(key('c/two'), false)).toEqual(VAULT);
    expect(tree.read(key('c/three'), false)).toEqual([]);
    expect(tree.read(key('a'), true)).toEqual([]);
    expect(tree.read(['fs'], true)).toEqual([...WEB, ...VAULT]);
  });

  it('is labelled from the intent on, and stays so where nobody knows what happened', () => {
    const tree = new LabelTree();
    tree.begin('w', { does: 'write', at: key('a'), labels: WEB });
    expect(tree.read(key('a'), false)).toEqual(WEB);
    tree.settle('w', 'no');
    expect(tree.empty).toBe(true);
    wrote(tree, 'a', WEB);
    wrote(tree, 'a', NONE, 'maybe');
    expect(tree.read(key('a'), false)).toEqual(WEB);
    did(tree, { does: 'delete', at: key('a') }, 'maybe');
    expect(tree.read(key('a'), false)).toEqual(WEB);
    did(tree, { does: 'move', at: key('a'), to: key('b') }, 'maybe');
    expect(tree.read(key('a'), false)).toEqual(WEB);
    expect(tree.read(key('b/c'), false)).toEqual(WEB);
  });

  it('is not cleared by a write that overlapped another', () => {
    const tree = new LabelTree();
    tree.begin('dirty', { does: 'write', at: key('a'), labels: WEB });
    tree.begin('clean', { does: 'write', at: key('a'), labels: NONE });
    tree.settle('dirty', 'yes');
    tree.settle('clean', 'yes');
    expect(tree.read(key('a'), false)).toEqual(WEB);
  });

  it('was there for a read that began before it was overwritten', () => {
    const tree = new LabelTree();
    const { clock } = tree;
    wrote(tree, 'a', WEB);
    wrote(tree, 'a', NONE);
    expect(tree.read(key('a'), false)).toEqual([]);
    expect(tree.since(clock, key('a'))).toEqual(WEB);
    expect(tree.since(clock, key('b'))).toEqual([]);
    expect(tree.since(tree.clock, key('a'))).toEqual([]);
    for (let i = 0; i < 200; i++) {
      wrote(tree, `n${i}`, WEB);
      wrote(tree, `n${i}`, NONE);
    }
    expect(summary(tree.since(clock, key('a')))).toMatchObject({ integrity: 'untrusted' });
  });

  it('gives its name to lists of what it lies in', () => {
    const tree = new LabelTree();
    did(tree, { does: 'write', at: key('a/b/evil'), labels: NONE }, 'yes', WEB);
    expect(tree.names(key('a'))).toEqual(WEB);
    expect(tree.names(key('a/b'))).toEqual(WEB);
    expect(tree.names(key('c'))).toEqual([]);
  });

  it('is untrusted wherever it may be, when an unnamed thing was written', () => {
    const tree = new LabelTree();
    wrote(tree, 'rows/old', NONE);
    wrote(tree, 'rows/known', VAULT);
    did(tree, { does: 'mark', at: key('rows'), labels: WEB });
    expect(tree.read(key('rows/7'), false)).toEqual(WEB);
    expect(tree.read(key('rows/known'), false)).toEqual([...VAULT, ...WEB]);
    wrote(tree, 'rows/7', NONE);
    expect(tree.read(key('rows/7'), false)).toEqual([]);
    expect(tree.read(key('rows'), true)).toEqual([...WEB, ...VAULT]);
  });
});

describe('room', () => {
  it('is bounded, and what is forgotten counts as untrusted where it lay', () => {
    const tree = new LabelTree({ entries: 10, marks: 4 });
    for (let i = 0; i < 1_000; i++) wrote(tree, `d${i % 20}/f${i}`, i === 3 ? VAULT : WEB);
    expect(tree.size).toBeLessThanOrEqual(15);
    for (let i = 0; i < 1_000; i++) {
      const [label] = [summary(tree.read(key(`d${i % 20}/f${i}`), false))];
      expect(label.integrity).toBe('untrusted');
    }
    expect(summary(tree.read(key('d3/f3'), false)).confidentiality).toBe('secret');
    wrote(tree, 'd1/f1', NONE);
    expect(tree.read(key('d1/f1'), false)).toEqual([]);
  });

  it('is bounded in names of directories too', () => {
    const tree = new LabelTree({ entries: 10, marks: 4 });
    for (let i = 0; i < 100; i++)
      did(tree, { does: 'write', at: key(`d${i}/e/f`), labels: NONE }, 'yes', WEB);
    expect(tree.size).toBeLessThanOrEqual(15);
    for (let i = 0; i < 100; i++)
      expect(summary(tree.names(key(`d${i}/e`))).integrity).toBe('untrusted');
  });

  it('is looked at below without a walk through all of it', () => {
    const tree = new LabelTree();
    for (let i = 0; i < 9_000; i++) wrote(tree, `many/f${i}`, i === 8_999 ? VAULT : WEB);
    const began = process.threadCpuUsage();
    for (let i = 0; i < 1_000; i++) tree.read(key('many'), true);
    expect(process.threadCpuUsage(began).user).toBeLessThan(1_000_000);
    const seen = summary(tree.read(['fs'], true));
    expect(seen).toMatchObject({ integrity: 'untrusted', confidentiality: 'secret' });
  });
});

// ---- against a world

/** Bits: untrusted 1, secret 2. */
type Taint = number;
const labelsFor = (taint: Taint): Labels => [
  ...(taint & 1 ? WEB : []),
  ...(taint & 2 ? VAULT : []),
];
const taintOf = (labels: readonly Label[]): Taint => {
  const { integrity, confidentiality } = summary(labels);
  return (integrity === 'untrusted' ? 1 : 0) | (confidentiality === 'secret' ? 2 : 0);
};

const FILES = ['a/x', 'a/y', 'a/b/x', 'b/x', 'b/y', 'x'];
const DIRS = ['a', 'b', 'a/b', 'c'];

interface Step {
  readonly does: 'write' | 'append' | 'delete' | 'move' | 'mark';
  readonly file: string;
  readonly from: string;
  readonly to: string;
  readonly taint: Taint;
  readonly status: Happened;
  /** `maybe` and it did. */
  readonly luck: boolean;
}

const step: fc.Arbitrary<Step> = fc.record({
  does: fc.constantFrom('write', 'append', 'delete', 'move', 'mark'),
  file: fc.constantFrom(...FILES),
  from: fc.constantFrom(...FILES, ...DIRS),
  to: fc.constantFrom(...FILES, ...DIRS),
  taint: fc.integer({ min: 0, max: 3 }),
  status: fc.constantFrom('yes', 'yes', 'yes', 'no', 'maybe'),
  luck: fc.boolean(),
});

/** The naive one: a map of every file, moved by its prefix. Files that nobody wrote are not in it. */
class World {
  readonly files = new Map<string, Taint>();

  run({ does, file, from, to, taint }: Step): void {
    if (does === 'write') this.files.set(file, taint);
    else if (does === 'append') this.files.set(file, (this.files.get(file) ?? 0) | taint);
    else if (does === 'delete') this.files.delete(file);
    else if (does === 'mark') for (const one of within(FILES, file)) this.touch(one, taint);
    else this.move(from, to);
  }

  touch(file: string, taint: Taint): void {
    this.files.set(file, (this.files.get(file) ?? 0) | taint);
  }

  move(from: string, to: string): void {
    if (nested(from, to)) return;
    for (const gone of within([...this.files.keys()], to)) this.files.delete(gone);
    for (const old of within([...this.files.keys()], from)) {
      const taint = this.files.get(old) as Taint;
      this.files.delete(old);
      this.files.set(to + old.slice(from.length), taint);
    }
  }
}

const within = (files: readonly string[], dir: string): string[] =>
  files.filter((file) => file === dir || file.startsWith(`${dir}/`));
const nested = (a: string, b: string): boolean =>
  a === b || a.startsWith(`${b}/`) || b.startsWith(`${a}/`);

const writeOf = ({ does, file, from, to, taint }: Step): Write => {
  const labels = labelsFor(taint);
  if (does === 'move') return { does, at: key(from), to: key(to) };
  return does === 'delete' ? { does, at: key(file) } : { does, at: key(file), labels };
};

const reloaded = (tree: LabelTree, room?: { entries: number; marks: number }): LabelTree =>
  LabelTree.load(JSON.parse(JSON.stringify(tree.save())), room);

describe('against a world', () => {
  it('says exactly what is there, one write after the other, over restarts', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
        let tree = new LabelTree();
        const world = new World();
        for (const one of steps) {
          // What nobody knows, and marks, are not exact.
          if (one.status === 'maybe' || one.does === 'mark') continue;
          if (one.does === 'move' && nested(one.from, one.to)) continue;
          did(tree, writeOf(one), one.status);
          if (one.status === 'yes') world.run(one);
          tree = reloaded(tree);
          for (const [file, taint] of world.files)
            expect([file, taintOf(tree.read(key(file), false))]).toEqual([file, taint]);
          for (const file of FILES.filter((known) => !world.files.has(known)))
            expect(taintOf(tree.read(key(file), false))).toBe(0);
        }
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ['with room', { entries: 100, marks: 100 }],
    ['with hardly any', { entries: 2, marks: 2 }],
  ])('is never better than what is there, %s, whatever overlaps and fails', (_what, room) => {
    // A schedule: which write begins, happens or is settled next.
    const moves = fc.array(fc.nat(7), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), moves, (steps, schedule) => {
        let tree = new LabelTree(room);
        const world = new World();
        const todo = steps.map((one, index) => ({ one, id: `w${index}`, phase: 0 }));
        const reads: { file: string; seen: Taint; before: Labels; clock: number }[] = [];
        const check = (): void => {
          for (const [file, taint] of world.files)
            expect([file, taintOf(tree.read(key(file), false)) & taint]).toEqual([file, taint]);
        };
        const advance = (job: (typeof todo)[number]): void => {
          const happens = job.one.status === 'yes' || (job.one.status === 'maybe' && job.one.luck);
          if (job.phase === 0) tree.begin(job.id, writeOf(job.one));
          else if (job.phase === 1 && happens) world.run(job.one);
          else if (job.phase === 2) tree.settle(job.id, job.one.status);
          job.phase++;
          check();
        };
        for (const pick of schedule) {
          const open = todo.filter(({ phase }) => phase < 3);
          const job = open[pick % Math.max(1, Math.min(open.length, 4))];
          if (job === undefined) break;
          // A slow read of each file begins, sees what is there while it lasts, and reports at the end.
          if (pick === 7) {
            const file = FILES[reads.length % FILES.length] as string;
            reads.push({ file, seen: 0, before: tree.read(key(file), false), clock: tree.clock });
          }
          advance(job);
          for (const read of reads) read.seen |= world.files.get(read.file) ?? 0;
          if (pick === 5 && reads.length === 0) tree = reloaded(tree, room);
        }
        for (const job of todo) while (job.phase > 0 && job.phase < 3) advance(job);
        for (const read of reads) {
          const said = [
            ...read.before,
            ...tree.read(key(read.file), false),
            ...tree.since(read.clock, key(read.file)),
          ];
          expect(taintOf(said) & read.seen).toBe(read.seen);
        }
      }),
      { numRuns: 300 },
    );
  });
});
