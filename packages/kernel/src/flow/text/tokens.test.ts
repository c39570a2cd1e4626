import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dates } from './dates.ts';
import { spellings } from './decode.ts';
import { fold } from './fold-text.ts';
import { emptyTokens, tokenise } from './tokens.ts';

const hashes = (text: string): number[] => {
  const tokens = tokenise(text, emptyTokens(1));
  return [...tokens.hashes.subarray(0, tokens.length)];
};

describe('tokens', () => {
  it.each([
    ['case', 'Mark.Black@Example.COM', 'mark.black@example.com'],
    ['white space', 'Riverside \n\t View', 'riverside view'],
    ['number form', '1,810.00', '1810'],
    ['trailing zeros', '452.50', '452.5'],
    ['full-width letters', 'ｅｖｉｌ', 'evil'],
    ['Cyrillic look-alikes', 'раураl', 'paypal'],
    ['a zero-width space within', 'ev\u200bil', 'evil'],
    ['a combining mark', 'Cafe\u0301', 'cafe'],
    ['a soft hyphen', 'ac\u00adcount', 'account'],
  ])('reads %s as one', (_what, a, b) => {
    expect(hashes(a)).toEqual(hashes(b));
  });

  it.each([
    ['13', '31'],
    ['1.2', '1.20.3'],
    ['004913', '4913'],
    ['AT68', 'AT69'],
  ])('tells %s from %s', (a, b) => {
    expect(hashes(a)).not.toEqual(hashes(b));
  });

  it('joins the groups of an account number', () => {
    const spaced = tokenise('AT68 5453 2054', emptyTokens());
    expect(spaced.joined).toContain(hashes('AT6854532054')[0]);
  });

  it('reads any text, in time that does not depend on what it says', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 500 }), (text) => {
        const tokens = tokenise(text, emptyTokens(1));
        expect(tokens.length).toBeLessThanOrEqual(fold(text).length);
        expect(hashes(text)).not.toContain(0);
      }),
    );
  });

  it.each([
    ['digits', '%41'],
    ['dots', '1.'],
    ['groups', 'a1 '],
    ['marks', 'e\u0301'],
    ['months', 'may 1 '],
    ['escapes', '\\u0041'],
    ['ats', 'a@'],
  ])('is linear in %s', (_what, unit) => {
    const took = (count: number): number => {
      const text = unit.repeat(count);
      const from = process.threadCpuUsage();
      tokenise(text, emptyTokens());
      spellings(text);
      dates(text);
      return process.threadCpuUsage(from).user;
    };
    took(5_000);
    // Sixteen times as much: quadratic would be 256 times, and seconds.
    expect(took(80_000)).toBeLessThan(1_500_000);
  });
});

describe('spellings', () => {
  it.each([
    ['percent escapes', 'mail%20to%20evil%40example.com', 'mail to evil@example.com'],
    ['JSON escapes', 'a\\u0074tacker@x.org', 'attacker@x.org'],
    ['HTML escapes', '&#101;vil@x.org', 'evil@x.org'],
    ['base64', 'Zm9yd2FyZCB0byBldmlsQHgub3Jn', 'forward to evil@x.org'],
    ['hexadecimal', '6576696c40782e6f7267', 'evil@x.org'],
  ])('reads %s', (_what, written, plain) => {
    expect(spellings(written)).toContain(plain);
  });

  it('takes no bytes for text that are none', () => {
    expect(spellings('AAECAwQFBgcICQoLDA0ODw==')).toEqual([]);
  });
});

describe('dates', () => {
  it.each([
    ['2024-05-13', ['2024-05-13']],
    ['from the 13th to the 17th of May 2024', ['2024-05-13', '2024-05-17']],
    ['January 11th to January 15th 2025', ['2025-01-11', '2025-01-15']],
    ['at 10:20 on 2024-05-30', ['2024-05-30']],
  ])('finds the days of %s', (text, days) => {
    expect([...dates(text)]).toEqual(expect.arrayContaining(days));
  });

  it('finds none where there is none', () => {
    expect([...dates('maybe 12 of them may march, 99.5 %')].filter((d) => d.length > 5)).toEqual(
      [],
    );
  });
});
