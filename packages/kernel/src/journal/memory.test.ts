import { describe, expect, it } from 'vitest';
import { noteVerifier } from '../crypto/note.ts';
import { openCheckpoint } from './format/checkpoint.ts';
import { openMemoryJournal } from './memory.ts';
import { verifyInclusion } from './merkle/proof.ts';
import { add, KEY, SeenState } from './testing/kit.ts';

const open = (capacity?: number) =>
  openMemoryJournal({
    node: 'node-1',
    signer: { key: KEY, name: 'portcullis' },
    ...(capacity === undefined ? {} : { capacity }),
  });

describe('the journal in memory', () => {
  it.each([1, 7, 64, 100, 1_000])(
    'keeps the newest %i records, and proves each of them',
    async (capacity) => {
      const journal = open(capacity);
      const state = new SeenState();
      for (let n = 1; n <= 333; n++) await add(journal, state, n);
      const oldest = Math.max(1, 334 - capacity);
      const { records } = await journal.query('default', { limit: 1_000 });
      expect(records.map((r) => r.seq)).toEqual(
        Array.from({ length: Math.min(333, capacity) }, (_, i) => oldest + i),
      );
      expect(await journal.record(oldest - 1)).toBeUndefined();
      const verifier = noteVerifier(`portcullis/${journal.id}`, KEY.publicKey);
      for (const seq of [oldest, 333]) {
        const { leaf, index, size, path, checkpoint } = await journal.proof(seq);
        const root = openCheckpoint(checkpoint, verifier)?.root ?? '';
        expect(verifyInclusion(leaf, index, size, path, root)).toBe(true);
      }
      expect(await journal.verify()).toMatchObject({
        ok: true,
        first: oldest,
        last: 333,
        covered: 333,
      });
      expect(() => journal.proof(oldest - 1)).toThrow(
        expect.objectContaining({ code: 'not_found' }),
      );
    },
  );

  it('counts the room for outcomes, and refuses after close', async () => {
    const journal = open();
    journal.reserveOutcome();
    await add(journal, new SeenState(), 1, { kind: 'outcome' });
    journal.forgoOutcome();
    expect(journal.writable).toBe(true);
    await journal.flush();
    await journal.close();
    expect(journal.writable).toBe(false);
    expect(() => add(journal, new SeenState(), 2)).toThrow(
      expect.objectContaining({ code: 'journal_unavailable' }),
    );
    expect(() => journal.reserveOutcome()).toThrow(
      expect.objectContaining({ code: 'journal_unavailable' }),
    );
  });
});
