import { mkdirSync, readdirSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { FileJournal } from './journal.ts';
import { openJournal } from './opening/open.ts';
import { KEY, SeenState, START } from './testing/kit.ts';
import { fill, mountSmall, unmount } from './testing/small-disk.ts';
import type { Append } from './types.ts';
import { verifyJournal } from './verifying/verify.ts';
import { OUTCOME_ROOM } from './writing/reserve.ts';

const mounts: string[] = [];
const mounted = (mib: number): string | undefined => {
  const path = mountSmall(mib);
  if (path !== undefined) mounts.push(path);
  return path;
};

const probe = mounted(1);

const record = (kind: Append['kind'], n: number, pad = 0): Append => ({
  kind,
  tenant: 'default',
  at: START + n,
  members: `"id":"id-${n}","n":${n},"pad":"${'x'.repeat(pad)}"`,
});

const unavailable = expect.objectContaining({ code: 'journal_unavailable' });

describe.skipIf(probe === undefined)(
  'a disk that is full (skipped where no tmpfs may be mounted)',
  () => {
    let root: string;
    let journal: FileJournal;
    let messages: string[];

    const open = async (durability: 'os' | 'fsync', segmentBytes = 1 << 26): Promise<void> => {
      messages = [];
      const opened = await openJournal({
        dir: join(root, 'journal'),
        indexPath: join(root, 'index.sqlite'),
        lockPath: join(root, 'lock.sqlite'),
        node: 'node-1',
        durability,
        segmentBytes,
        signer: { key: KEY, name: 'portcullis' },
        now: () => START,
        state: new SeenState(),
        onMessage: (level, message) => messages.push(`${level}: ${message}`),
      });
      expect(opened.recovery.problem).toBeUndefined();
      journal = opened.journal as FileJournal;
    };

    /** Why one of at most so many was not taken; undefined where all were. */
    const refusal = async (most: number, next: () => Append): Promise<unknown> => {
      for (let i = 0; i < most; i++)
        try {
          await journal.append(next()).durable;
        } catch (error) {
          return error;
        }
      return undefined;
    };

    beforeEach(() => {
      root = mounted(12) as string;
      mkdirSync(join(root, 'journal'), { mode: 0o700 });
    });
    afterEach(() => journal.close());
    afterAll(() => {
      for (const path of mounts) unmount(path);
    });

    it.each(['os', 'fsync'] as const)(
      'still takes the outcome of every journaled intent, then refuses, then recovers, under %s',
      async (durability) => {
        await open(durability);
        const intents = 800;
        for (let n = 1; n <= intents; n++) {
          journal.reserveOutcome();
          await journal.append(record('decision', n)).durable;
        }
        const free = fill(root);
        expect(statfsSync(root).bavail).toBe(0);

        // Other records may still find headroom, until one does not; then none of them is taken.
        let n = intents;
        expect(await refusal(10_000, () => record('decision', ++n, 1_000))).toEqual(unavailable);
        expect(journal.writable).toBe(false);
        expect(() => journal.reserveOutcome()).toThrow(unavailable);

        // A neighbour takes what little the journal gave up: the outcomes have room of their own.
        fill(root);
        const seqs = new Set<number>();
        for (let i = 1; i <= intents; i++) {
          const appended = journal.append(record('outcome', i, OUTCOME_ROOM - 500));
          await appended.durable;
          seqs.add(appended.seq);
        }
        expect(seqs.size).toBe(intents);
        // Whoever took longer over this has a journal that went on with what was left of that room. It ends, too.
        expect(await refusal(10_000, () => record('outcome', 1, 1_000))).toEqual(unavailable);
        expect(
          await verifyJournal(join(root, 'journal'), { publicKey: KEY.publicKey }),
        ).toMatchObject({
          ok: true,
        });

        free();
        await expect
          .poll(() => {
            try {
              journal.reserveOutcome();
              return true;
            } catch {
              return false;
            }
          })
          .toBe(true);
        expect(journal.writable).toBe(true);
        await journal.append(record('decision', 1)).durable;
        await journal.append(record('outcome', 1)).durable;
        const seq = journal.seq;
        await journal.close();
        expect(messages.some((m) => m.startsWith('fault: the journal is full'))).toBe(true);
        expect(messages.some((m) => m.startsWith('notice: the journal is writing again'))).toBe(
          true,
        );
        const report = await verifyJournal(join(root, 'journal'), { publicKey: KEY.publicKey });
        expect(report).toMatchObject({ ok: true, last: seq, covered: seq });
      },
    );

    it('never leaves a chain that does not verify, whatever finds no room', async () => {
      // Segments, snapshots, checkpoints and index all meet the full disk, many times over.
      await open('os', 20_000);
      for (let round = 0; round < 6; round++) {
        const free = fill(root);
        for (let n = 0; n < 300; n++) {
          try {
            await journal.append(record('decision', n, (n * 37) % 9_000)).durable;
          } catch (error) {
            expect(error).toEqual(unavailable);
          }
        }
        await Promise.resolve(journal.query('default', {})).catch((error) => {
          expect(error).toMatchObject({ code: 'store_unavailable' });
        });
        const { ok, problem } = await verifyJournal(join(root, 'journal'), {
          publicKey: KEY.publicKey,
        });
        expect(ok, problem?.message).toBe(true);
        // What was begun and found no room does not keep the room it found.
        await journal.boundariesPlaced();
        expect(readdirSync(join(root, 'journal')).filter((n) => n.endsWith('.new'))).toEqual([]);
        free();
        await journal.close();
        await open('os', 20_000);
      }
      await journal.append(record('decision', 1)).durable;
      expect(await journal.verify()).toMatchObject({ ok: true });
    });

    it('refuses an intent where the room for its outcome cannot be had', async () => {
      await open('os');
      const free = fill(root);
      let taken = 0;
      expect(() => {
        for (;;) {
          journal.reserveOutcome();
          taken++;
        }
      }).toThrow(unavailable);
      expect(taken).toBeGreaterThan(100);
      for (let i = 0; i < taken; i++) journal.forgoOutcome();
      free();
    });
  },
);
