/** What is held once stands for what was there: against a list of what is different. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { BETWEEN, constantColumn, dictionaryOf, withTexts } from './dictionary.ts';

const part = fc.oneof(
  fc.constantFrom(
    '',
    'a',
    'ab',
    'abc',
    'abcd',
    'abcde',
    'abcdabcd',
    'abcdabce',
    '\u0001',
    '\u007f',
  ),
  fc.constantFrom('é', '\u{1F600}', '\u0100', '\u0080', 'x'.repeat(63), `${'x'.repeat(63)}y`),
  fc.string({ maxLength: 9 }).map((text) => text.replaceAll(BETWEEN, ' ').toWellFormed()),
);
const texts = fc
  .array(part, { minLength: 1, maxLength: 6 })
  .chain((few) =>
    fc
      .array(fc.constantFrom(...few), { minLength: 1, maxLength: 40 })
      .chain((many) => fc.tuple(fc.constant(many), fc.array(part, { maxLength: 3 }))),
  )
  .chain(([many, more]) => fc.shuffledSubarray([...many, ...more], { minLength: many.length }));

const shown = (few: ReturnType<typeof dictionaryOf>): string[] | undefined =>
  few && [...few.places].map((place) => few.texts[place] as string);

it('is held once where it is the same, and every row has its own', () => {
  let held = 0;
  fc.assert(
    fc.property(texts, (rows) => {
      const different = [...new Set(rows)];
      const few = dictionaryOf(rows.join(BETWEEN), rows.length);
      if (different.length > Math.max(1, Math.floor(rows.length / 4))) {
        expect(few).toBeUndefined();
        return;
      }
      held++;
      expect(few?.texts).toEqual(different);
      expect(shown(few)).toEqual(rows);
      const half = withTexts(
        few as NonNullable<typeof few>,
        different.map((text) => text.slice(0, 2)),
      );
      expect(shown(half)).toEqual(rows.map((text) => text.slice(0, 2)));
      expect(new Set(half.texts).size).toBe(half.texts.length);
    }),
    { numRuns: 2_000 },
  );
  expect(held).toBeGreaterThan(200);
  expect(shown(constantColumn('x', 3))).toEqual(['x', 'x', 'x']);
});

it('is at most 256 texts, of any length, in any number of rows', () => {
  for (const [different, each] of [
    [255, 4],
    [256, 5],
    [257, 5],
    [256, 300],
  ] as const) {
    for (const text of ['t', 'é', 'long '.repeat(20)]) {
      const rows = Array.from(
        { length: different * each },
        (_, row) => `${text}${row % different}`,
      );
      expect(shown(dictionaryOf(rows.join(BETWEEN), rows.length))).toEqual(
        different > 256 ? undefined : rows,
      );
    }
  }
});

it('is nothing where what stands between texts is in one of them', () => {
  for (const text of ['a', 'é', 'a'.repeat(70_000)]) {
    const rows = [text, `b${BETWEEN}c`, text, text, text, text, text, text, text];
    expect(dictionaryOf(rows.join(BETWEEN), rows.length)).toBeUndefined();
    expect(dictionaryOf(rows.slice(0, 1).join(BETWEEN), 8)).toBeUndefined();
  }
});
