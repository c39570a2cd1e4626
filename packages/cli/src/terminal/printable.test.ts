import fc from 'fast-check';
import { expect, test } from 'vitest';
import { guarded, printable, printableJson, printableLines, safe } from './printable.ts';

const DANGEROUS =
  /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\u115F\u1160\u17B4\u17B5\u2800\u3164\uFFA0]/u;

test.each([
  ['an ANSI colour', '\u001b[31mred\u001b[0m', '\\u{1b}[31mred\\u{1b}[0m'],
  ['a title change', '\u001b]0;pwned\u0007', '\\u{1b}]0;pwned\\u{7}'],
  ['an 8-bit CSI', '\u009b2J', '\\u{9b}2J'],
  ['a carriage return that hides a line', 'deny\rpermit', 'deny\\rpermit'],
  ['a line break that forges a line', 'a\nb', 'a\\nb'],
  ['bidi that reverses a name', 'photo\u202egnp.exe', 'photo\\u{202e}gnp.exe'],
  ['isolates', '\u2066x\u2069', '\\u{2066}x\\u{2069}'],
  ['a zero width space', 'pay\u200bpal', 'pay\\u{200b}pal'],
  ['tag characters', 'a\u{e0041}', 'a\\u{e0041}'],
  ['a lone surrogate', 'a\ud800b', 'a\\u{d800}b'],
  ['a Hangul filler', 'a\u3164b', 'a\\u{3164}b'],
  ['a backspace', 'ab\u0008c', 'ab\\u{8}c'],
])('shows %s as an escape', (_, hostile, shown) => {
  expect(printable(hostile)).toBe(shown);
});

test('leaves letters, emoji and paths alone', () => {
  for (const text of ['/work/naïve.txt', '日本語', 'שלום', '👍', 'a\\b']) {
    expect(printable(text)).toBe(text);
  }
});

test('cuts piles of marks that paint over other lines', () => {
  expect(printable(`e${'\u0301'.repeat(1000)}x`)).toBe(`e${'\u0301'.repeat(4)}\u2026x`);
});

test('nothing dangerous is left, whatever comes in', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(printable(text)).not.toMatch(DANGEROUS);
      expect(printableLines(text).replaceAll('\n', '')).not.toMatch(DANGEROUS);
    }),
  );
});

test('JSON keeps its value and loses its danger', () => {
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: 'binary' }), (value) => {
      const json = printableJson(JSON.stringify(value, null, 2));
      expect(json.replaceAll('\n', '')).not.toMatch(DANGEROUS);
      expect(JSON.parse(json)).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});

test('is linear: a megabyte of escapes takes well under a second', () => {
  const started = process.threadCpuUsage();
  printable('\u001b'.repeat(1 << 20));
  printable(`e${'\u0301'.repeat(1 << 20)}`);
  expect(process.threadCpuUsage(started).user).toBeLessThan(2_000_000);
});

test('the last gate lets our colours through and nothing else', () => {
  expect(guarded('\u001b[31mred\u001b[39m\nnext')).toBe('\u001b[31mred\u001b[39m\nnext');
  expect(guarded('\u001b[8mhidden \u001b[2J \u001b]0;x\u0007 \u202e')).toBe(
    '\\u{1b}[8mhidden \\u{1b}[2J \\u{1b}]0;x\\u{7} \\u{202e}',
  );
});

test('data is made safe whole: keys, nested texts, __proto__', () => {
  const data = JSON.parse('{"__proto__":{"\\u001b":["\\u202e",1,null]}}');
  expect(JSON.stringify(safe(data))).toBe('{"__proto__":{"\\\\u{1b}":["\\\\u{202e}",1,null]}}');
});
