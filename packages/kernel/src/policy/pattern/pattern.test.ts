import fc from 'fast-check';
import { RE2JS } from 're2js';
import { describe, expect, it } from 'vitest';
import { compilePattern, type Pattern } from './pattern.ts';

function pattern(source: string): Pattern {
  const compiled = compilePattern(source);
  if ('wrong' in compiled) throw new Error(compiled.wrong);
  return compiled;
}

const SOURCES = [
  '^[a-z0-9._-]{1,64}@corp\\.com$',
  'secret|token|key',
  '(?i)pass(word|phrase)?',
  '\\bfoo\\b',
  '^a*b+$',
  'x$',
  '(?m)^ab$',
  '[^a-b]',
  '.',
  '(?s).\\n',
  '',
  'é|☃|😀',
  '\\Aab\\z',
  '^$',
  '(a|a)+$',
];

describe('patterns', () => {
  it('agree with the engine they come from, on every text', () => {
    const text = fc.string({
      unit: fc.constantFrom('a', 'b', 'x', ' ', '\n', 'o', 'f', 'é', '☃', '😀', 'K', '.', '@'),
    });
    for (const source of SOURCES) {
      const ours = pattern(source);
      const theirs = RE2JS.compile(source);
      fc.assert(
        fc.property(text, (t) => ours.test(t) === theirs.matcher(t).find()),
        { numRuns: 200 },
      );
    }
  });

  it('read a mebibyte of what backtracking would not end on', () => {
    const text = 'ab'.repeat(1 << 19);
    for (const source of ['(a|a)+$b', '(a*)*c', '[a-z]+@x', '^.{0,100}c']) {
      const compiled = pattern(source);
      expect(compiled.test(text)).toBe(false);
    }
  });

  it('do not try a text that would take too long', () => {
    const exploding = pattern('[ab]*a[ab]{14}$');
    expect(exploding.longest).toBeLessThan(10_000);
    expect(exploding.test('a'.repeat(10_000))).toBeUndefined();
    expect(exploding.test(`a${'b'.repeat(14)}`)).toBe(true);
  });

  it('name what is wrong: backreferences, an open group, size', () => {
    for (const source of ['(', 'a{2,1}', '(a)\\1', '[', '*', 'a'.repeat(2_000)]) {
      expect(compilePattern(source)).toHaveProperty('wrong');
    }
  });

  it('know whether they are anchored', () => {
    expect(pattern('^a$').anchored).toBe(true);
    expect(pattern('(?i)^a$').anchored).toBe(true);
    expect(pattern('^a\\$').anchored).toBe(false);
    expect(pattern('a').anchored).toBe(false);
  });
});
