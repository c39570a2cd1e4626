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

it('finds each character at each place of a long text, below and above what is looked at by words', () => {
  const others = [0x7f, 0x80, 0xa0, 0xff, 0x100, 0x2028, 0xd800, 0xdc00, 0xffff];
  for (const length of [64, 65, 66, 67, 1_023, 1_024, 1_025]) {
    const plain = '~ '.repeat(length).slice(0, length);
    expect(isPrintableAscii(plain)).toBe(true);
    for (const at of [0, 1, 2, 3, 31, length - 4, length - 3, length - 2, length - 1])
      for (const code of [...Array(0x7f).keys(), ...others]) {
        const text = plain.slice(0, at) + String.fromCharCode(code) + plain.slice(at + 1);
        expect(isPrintableAscii(text), `${code} at ${at}`).toBe(code >= 0x20 && code <= 0x7e);
      }
  }
});
