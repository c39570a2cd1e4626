/** What is packed comes out as it went in, whatever its texts hold. */
import type { Json } from '@portcullis/wire';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { columnsOf, recordsOf } from '../frame/columns.ts';
import { openMemoryVault } from '../journal/vault/memory-vault.ts';
import { pack, unpack } from './packed.ts';
import { getHead, putValue } from './value.ts';

const value = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 5 }),
  fc.constantFrom<Json>(
    '',
    'same',
    '\0',
    '\n',
    1,
    true,
    null,
    [],
    { a: ['\0'] },
    'é\u{1F600}',
    '\ud800',
  ),
);
const columns = fc
  .tuple(
    fc.uniqueArray(fc.string({ maxLength: 3 }), { maxLength: 5 }),
    fc.integer({ min: 2, max: 6 }),
  )
  .chain(([names, rows]) =>
    fc
      .tuple(...names.map(() => fc.array(value, { minLength: rows, maxLength: rows })))
      .map((values) => ({ names, values, rows })),
  );

it('comes out as it went in', async () => {
  let packs = 0;
  await fc.assert(
    fc.asyncProperty(columns, async (given) => {
      const done = pack(given);
      const wanted = JSON.stringify(recordsOf(given));
      if (done !== undefined) {
        packs++;
        const head = JSON.parse(JSON.stringify(done.packed));
        expect(JSON.stringify(unpack(head, done.texts, given.rows))).toBe(wanted);
      }
      const vault = openMemoryVault({ now: () => 0, quotaBytes: 1_000_000 });
      const facts = { id: 'act_x', action: 'ok.rows', labels: [], personal: true };
      const { name } = await putValue(
        vault,
        't',
        facts,
        { kind: 'columns', columns: given },
        1_000,
      );
      const head = await getHead(vault, 't', name);
      expect(head).toMatchObject({ ...facts, rows: given.rows, pieces: [] });
      expect(JSON.stringify(head?.inline)).toBe(wanted);
    }),
    { numRuns: 500 },
  );
  expect(packs).toBeGreaterThan(100);
});

it('takes less room than as a list, and each text once where it is always the same', () => {
  const rows = Array.from({ length: 100 }, (_, id) => ({
    id,
    email: '[masked:email]',
    note: 'hm',
  }));
  const given = columnsOf(rows) as Parameters<typeof pack>[0];
  const { packed, texts } = pack(given) as NonNullable<ReturnType<typeof pack>>;
  expect(JSON.stringify(packed).match(/masked/g)).toHaveLength(1);
  expect(texts).toBe('');
});
