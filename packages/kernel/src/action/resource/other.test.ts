import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isVisible } from '../text.ts';
import { canonicalText } from './other.ts';

test('what is plain already comes out as everything else does', () => {
  const unit = fc.constantFrom(
    ...'aZ~!/',
    ' ',
    '\t',
    '\u00a0',
    '\u200b',
    'e\u0301',
    '\u202e',
    '\0',
    '\x7f',
    '\ud800',
  );
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit, maxLength: 12 }), fc.string()), (raw) => {
      const sound = isVisible(raw) && !/^ | $| {2}|[^\S ]/.test(raw);
      const read = canonicalText(raw);
      expect(read.ok).toBe(sound);
      if (read.ok) expect(read).toEqual({ ok: true, value: raw.normalize('NFC') });
    }),
    { numRuns: 500 },
  );
});
