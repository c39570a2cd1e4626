import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isPrintableAscii } from './text.ts';

it('says of a text what its characters say, whatever was asked before', () => {
  const unit = fc.constantFrom('a', '~', ' ', '\x7f', '\x1f', '\n', 'é', '\ud800');
  const text = fc.oneof(
    fc.string({ unit, maxLength: 80 }),
    fc.string({ maxLength: 200 }),
    fc.constantFrom('t'.repeat(64), `${'t'.repeat(64)}\n`, `\0${'t'.repeat(63)}`),
  );
  const printable = (one: string): boolean =>
    Array.from(one, (character) => character.charCodeAt(0)).every((c) => c >= 0x20 && c <= 0x7e);
  fc.assert(
    fc.property(fc.array(text, { maxLength: 10 }), (texts) => {
      for (const one of [...texts, ...texts]) expect(isPrintableAscii(one)).toBe(printable(one));
    }),
  );
});
