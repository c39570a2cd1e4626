/** What is told from columns is what the records are, and a table made by it is the one that is made record by record. */
import type { Json } from '@portcullis/wire';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sizeAsJson } from './clip.ts';
import type { Columns } from './columns.ts';
import { recordsOf } from './columns.ts';
import { dictionaryOf } from './dictionary.ts';
import { sizeOfRecords } from './record-size.ts';
import { FRAME_BUDGETS } from './types.ts';
import { showFrame } from './view.ts';

const LIMITS = { depth: 3, members: 4, characters: 12 };
const text = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('', 'Lyon', 'Porto', '[masked:email]', 'x'.repeat(12)) },
  fc.constantFrom('"', '\\', 'a\nb', 'é', '語', '😀', '\ud800', 'x'.repeat(13)),
  fc.string({ unit: 'binary', maxLength: 6 }),
);
const scalar = fc.oneof(
  text,
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(null, true, false, 7, -1e21, 5e-324),
);
const name = fc.constantFrom('id', 'a', 'ü', '"', '__proto__', '7', 'x'.repeat(12), 'x'.repeat(13));
/** Values as they are, or as few texts where they can be that. */
const columns = fc
  .record({
    names: fc.uniqueArray(name, { maxLength: 6 }),
    rows: fc.integer({ min: 2, max: 40 }),
    seed: fc.infiniteStream(scalar),
    few: fc.array(fc.constantFrom('Lyon', 'Porto', 'é', '"', 'x'.repeat(13)), { minLength: 1 }),
    kinds: fc.infiniteStream(fc.constantFrom('few', 'plain', 'object')),
  })
  .map(({ names, rows, seed, few, kinds }): Columns => {
    const values = names.map(() => {
      const kind = kinds.next().value;
      const texts = Array.from({ length: rows }, (_, row) => few[row % few.length] as string);
      const found = kind === 'few' ? dictionaryOf(texts.join('\0'), rows) : undefined;
      const column = Array.from({ length: rows }, () => seed.next().value as Json);
      if (kind === 'object' && few.length === 1) column[rows - 1] = { a: 1 };
      return found ?? column;
    });
    return { names, values, rows };
  });

describe('the size of records by column', () => {
  it('is what they take as JSON, where nothing of them would be clipped', () => {
    let told = 0;
    fc.assert(
      fc.property(columns, fc.integer({ min: 0, max: 50 }), (given, most) => {
        const size = sizeOfRecords(given, most, LIMITS);
        const records = recordsOf(given, most);
        if (size !== undefined) {
          told++;
          expect(size).toBe(sizeAsJson(records));
        }
        const clipped = records.some(
          (record) =>
            Object.keys(record).length > LIMITS.members ||
            Object.entries(record).some(
              ([key, value]) =>
                key.length > LIMITS.characters ||
                (typeof value === 'string'
                  ? value.length > LIMITS.characters
                  : typeof value === 'object' && value !== null),
            ),
        );
        if (clipped) expect(size).toBeUndefined();
      }),
      { numRuns: 500 },
    );
    expect(told).toBeGreaterThan(0);
  });

  it('makes the table that is made record by record, whether all of them fit or not', () => {
    const row = fc.record({ id: fc.integer(), name: text, city: text, note: text });
    const room = fc.integer({ min: 0, max: 6_000 });
    const most = fc.integer({ min: 0, max: 60 });
    fc.assert(
      fc.property(
        fc.array(row, { minLength: 2, maxLength: 60 }),
        room,
        most,
        (rows, view, rowsMost) => {
          const budgets = { ...FRAME_BUDGETS, view, rows: rowsMost, characters: 12 };
          const table = (data: Json) =>
            showFrame(data, [], budgets, 'table', { personal: true }, 9_999).frame;
          // A list in an object is no columns.
          expect(table(rows as Json)).toEqual(table({ rows } as Json));
        },
      ),
      { numRuns: 200 },
    );
  });
});
