import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalize } from './canonical.ts';
import { quote } from './quote.ts';

const hostile = fc.constantFrom(
  ...['"', '\\', '\n', '\r', '\0', '\u001f', '\u007f', '\u2028', '\u2029', '\ud800', '\udc00'],
  ...['\u{1F600}', 'é', 'ſ', 'K', '"}', '\\u0022', '</', ' ', '_', '.', '/', ':', '-', 'a'],
);

test('a text is what JSON.stringify makes of it, whatever is in it', () => {
  const text = fc.oneof(
    fc.string({ unit: hostile, maxLength: 6 }),
    fc.string({ unit: 'binary', maxLength: 12 }),
  );
  fc.assert(
    fc.property(text, (given) => {
      expect(quote(given)).toBe(JSON.stringify(given));
    }),
    { numRuns: 5_000 },
  );
  for (let unit = 0; unit < 0x10000; unit++) {
    const given = String.fromCharCode(unit);
    if (quote(given) !== JSON.stringify(given)) expect.fail(`U+${unit.toString(16)}`);
  }
});

test('what has no members, and nothing else, is written as such', () => {
  const none = [{}, Object.create(null), { a: undefined }];
  for (const given of none) expect(canonicalize(given)).toMatchObject({ ok: true, text: '{}' });
  for (const given of [[], [[]], [{}], '', 0, false, null, { a: {} }, { a: [] }, { '': null }])
    expect(canonicalize(given)).toMatchObject({ ok: true, text: JSON.stringify(given) });
});
