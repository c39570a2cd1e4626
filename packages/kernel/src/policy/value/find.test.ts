import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { codePoints, find } from './find.ts';

describe('find', () => {
  it('is indexOf, on every pair of texts long enough for the linear search', () => {
    const few = fc.string({ unit: fc.constantFrom('a', 'b', 'é'), minLength: 300, maxLength: 600 });
    const needle = fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 1, maxLength: 300 });
    fc.assert(
      fc.property(few, needle, fc.nat(40), (text, sought, from) => {
        const long = text.repeat(3);
        expect(find(long, sought, from)).toBe(long.indexOf(sought, from));
        expect(find(long, long.slice(100, 500), from)).toBe(
          long.indexOf(long.slice(100, 500), from),
        );
      }),
      { numRuns: 300 },
    );
  });

  it('is linear where the engine is not', () => {
    const text = 'a'.repeat(1 << 20);
    const start = process.threadCpuUsage();
    expect(find(text, `a${'c'}${'a'.repeat(5_000)}`)).toBe(-1);
    expect(find(text, `${'a'.repeat(500_000)}b`)).toBe(-1);
    expect(process.threadCpuUsage(start).user).toBeLessThan(5_000_000);
  });

  it('counts characters as code points, lone surrogates included', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(codePoints(text)).toBe([...text].length);
      }),
    );
    expect(codePoints('\ud83d\ude00\ud83d')).toBe(2);
  });
});
