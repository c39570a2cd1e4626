import fc from 'fast-check';
import { expect, test } from 'vitest';
import { columns, cutMiddle, widthOf } from './columns.ts';

test('aligns by what a terminal shows, wide characters counted', () => {
  expect(
    columns(
      {
        columns: [{ title: 'name' }, { title: 'n', align: 'right' }, { title: 'last' }],
        rows: [
          ['日本', '1', 'x'],
          ['abc', '200', 'y'],
        ],
      },
      80,
    ),
  ).toEqual(['日本    1  x', 'abc   200  y']);
});

test('the column that gives way is cut in the middle', () => {
  const [line] = columns(
    {
      columns: [{ title: 'a' }, { title: 'path', gives: true }, { title: 'b' }],
      rows: [['left', `/a/${'x'.repeat(100)}/end.txt`, 'right']],
    },
    60,
  );
  expect(widthOf(line ?? '')).toBe(60);
  expect(line).toMatch(/^left {2}\/a\/x+…x+\/end\.txt {2}right$/);
});

test('a cut text never exceeds its room', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: 40 }), (text, room) => {
      expect(widthOf(cutMiddle(text, room))).toBeLessThanOrEqual(Math.max(room, 1));
    }),
  );
});

test('several columns give way in turn, and none grows for it', () => {
  const long = 'x'.repeat(30);
  const lay = (width: number, ...row: string[]) =>
    columns({ columns: row.map((title) => ({ title, gives: true })), rows: [row] }, width);
  expect(widthOf(lay(40, long, long)[0] ?? '')).toBe(40);
  expect(lay(10, 'short', 'short')).toEqual(['short  short']);
});
