import { createHash } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Checkpoint } from '../../format/checkpoint.ts';
import { BODY_AT, RecordHasher } from '../../format/record.ts';
import { Frontier } from '../../merkle/merkle.ts';
import { type Given, type Grown, grow, type Help } from './helper.ts';
import { takeIn } from './take-in.ts';
import { Tree } from './tree.ts';

const hasher = new RecordHasher();

/** Adds a record with such a body to the tree; answers its leaf. */
function add(tree: Tree, body: string): string {
  const length = hasher.bytes.write(body, BODY_AT);
  hasher.previous = createHash('sha256').update(body).digest('hex');
  hasher.hash(length);
  tree.add(hasher.bytes, BODY_AT + length);
  return hasher.leaf(length);
}

function rootOf(leaves: readonly string[]): Checkpoint {
  const frontier = new Frontier();
  for (const leaf of leaves) frontier.push(leaf);
  return { size: leaves.length, root: frontier.root().toString('hex') };
}

type Work = Omit<Given, 'id'>;

function grownBy({ memory, end, size, range }: Work): Grown {
  const frontier = new Frontier(size, range);
  takeIn(frontier, Buffer.from(memory), end);
  return {
    id: 0,
    size: frontier.size,
    range: frontier.range(),
    root: frontier.root().toString('hex'),
  };
}

/** A thread that answers when it is told to, and reads its records only then. */
class Slow {
  readonly #asked: { work: Work; done: (grown: Grown) => void }[] = [];

  readonly help: Help = (work, done) => {
    this.#asked.push({ work, done });
    return true;
  };

  answer(): void {
    const asked = this.#asked.shift();
    asked?.done(grownBy(asked.work));
  }
}

const NOBODY: Help = () => false;

describe('the tree behind a journal', () => {
  it('is that of the written records, whoever takes them in and whenever', () => {
    const does = <T extends string>(weight: number, what: T) => ({
      weight,
      arbitrary: fc.constant(what),
    });
    const step = fc.oneof(
      does(5, 'write'),
      does(2, 'add'),
      does(1, 'settle'),
      does(1, 'drop'),
      does(3, 'later'),
      does(2, 'answer'),
      does(2, 'now'),
      does(1, 'range'),
    );
    const seen = { alone: 0, helped: 0 };
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), fc.boolean(), (steps, helped) => {
        const slow = new Slow();
        const tree = new Tree(new Frontier(), helped ? slow.help : NOBODY);
        let written: string[] = [];
        let added: string[] = [];
        let n = 0;
        const told: Checkpoint[] = [];
        const check = (checkpoint: Checkpoint): void => {
          told.push(checkpoint);
          expect(checkpoint).toEqual(rootOf(written.slice(0, checkpoint.size)));
        };
        const takes: Record<(typeof steps)[number], () => void> = {
          add: () => added.push(add(tree, `record ${n++}`)),
          settle: () => {
            tree.settle();
            written = [...written, ...added];
            added = [];
          },
          write: () => {
            takes.add();
            takes.settle();
          },
          drop: () => {
            tree.drop();
            added = [];
          },
          later: () => {
            const [busy, before] = [tree.busy, told.length];
            tree.later(check);
            if (tree.busy && !busy) seen.helped++;
            else if (told.length > before) seen.alone++;
          },
          answer: () => slow.answer(),
          now: () => expect(tree.now()).toEqual(rootOf(written)),
          range: () =>
            expect(new Frontier(written.length, tree.range()).root().toString('hex')).toBe(
              rootOf(written).root,
            ),
        };
        for (const each of steps) {
          takes[each]();
          expect([tree.size, tree.pending]).toEqual([written.length, added.length]);
        }
        expect(tree.now()).toEqual(rootOf(written));
      }),
      { numRuns: 500 },
    );
    expect(seen.alone).toBeGreaterThan(0);
    expect(seen.helped).toBeGreaterThan(0);
  });

  it('waits for nobody: a thread that never answers costs a copy of the work', () => {
    const tree = new Tree(new Frontier(), () => true);
    const leaves = ['one', 'two', 'three'].map((body) => add(tree, body));
    tree.settle();
    tree.later(() => expect.unreachable());
    expect(tree.busy).toBe(true);
    leaves.push(add(tree, 'four'));
    tree.settle();
    expect(tree.size).toBe(4);
    expect(tree.now()).toEqual(rootOf(leaves));
    expect(tree.busy).toBe(false);
  });

  it('holds no more than so many bytes of records that nobody asks for', () => {
    const tree = new Tree(new Frontier(), () => true);
    const leaves: string[] = [];
    tree.later(() => {});
    for (let n = 0; n < 12; n++) {
      leaves.push(add(tree, `${n}`.padEnd(1_000_000, 'x')));
      tree.settle();
      if (n === 1) tree.later(() => expect.unreachable());
    }
    expect(tree.now()).toEqual(rootOf(leaves));
  });

  it('is taken in by the thread that there is', async () => {
    const tree = new Tree();
    const leaves: string[] = [];
    let told: Checkpoint | undefined;
    // The first who ask begin it, and do the work themselves until it is there.
    for (let n = 0; !tree.busy; n++) {
      leaves.push(add(tree, `record ${n}`));
      tree.settle();
      told = undefined;
      tree.later((checkpoint) => {
        told = checkpoint;
      });
      if (told === undefined) break;
      await turn();
    }
    const given = rootOf(leaves);
    leaves.push(add(tree, 'meanwhile'));
    tree.settle();
    while (told === undefined) await turn();
    expect(told).toEqual(given);
    expect(tree.busy).toBe(false);
    expect(tree.now()).toEqual(rootOf(leaves));
    expect(grow({ memory: new SharedArrayBuffer(8), end: 0, size: 0, range: [] }, () => {})).toBe(
      true,
    );
  });
});
