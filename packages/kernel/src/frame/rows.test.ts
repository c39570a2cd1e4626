/** Rows of texts: what they are, how many, and at what cost. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rowCount, rowsOf } from './rows.ts';

describe('rows of a text', () => {
  it('are its lines, long ones cut, and joined they are the text', () => {
    const unit = fc.constantFrom(
      'a',
      '\n',
      '\u{1F600}',
      'b'.repeat(4_095),
      '\r\n',
      'c'.repeat(9_000),
    );
    fc.assert(
      fc.property(fc.array(unit, { maxLength: 12 }), fc.nat(6), (units, most) => {
        const text = units.join('');
        const rows = rowsOf(text);
        expect(rows.join('')).toBe(text);
        expect(rowCount(text)).toBe(rows.length);
        expect(rowsOf(text, most)).toEqual(rows.slice(0, most));
        for (const row of rows) {
          expect((row as string).length).toBeLessThanOrEqual(4_096);
          expect((row as string).slice(0, -1)).not.toContain('\n');
          expect((row as string).isWellFormed()).toBe(true);
        }
      }),
    );
  });

  it('cost what the text is long: one line of many rows is not searched again for each', () => {
    const text = 'x'.repeat(32 * 1024 * 1024);
    const started = process.threadCpuUsage();
    expect(rowCount(text)).toBe(8_192);
    // Searching anew, 8,192 times 16 MiB on average, takes many seconds.
    expect(process.threadCpuUsage(started).user).toBeLessThan(1_000_000);
  });
});
