import fc from 'fast-check';
import { expect, it } from 'vitest';
import { redactText } from '../frame/index.ts';
import { clean } from './clean.ts';

const SECRET = 'AKIAIOSFODNN7EXAMPLE';

it('masks a secret however often it comes, and caps whatever the cap', () => {
  for (let turn = 0; turn < 3; turn++) {
    expect(clean(`key ${SECRET} here`, 1_024)).not.toContain(SECRET);
    expect(clean('a\nline', 1_024)).toBe('a line');
    expect(clean('x'.repeat(300), 100)).toHaveLength(100);
    expect(clean('x'.repeat(100), 1_024)).toHaveLength(100);
  }
});

it('says what the search says, for texts that come again among many others', () => {
  const text = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 300 }),
    fc.string().map((rest) => `${rest} ${SECRET}`),
    fc.constantFrom('nothing permits this', '/a/b', `token=${SECRET}`),
  );
  fc.assert(
    fc.property(fc.array(text, { minLength: 1, maxLength: 20 }), (texts) => {
      for (const one of [...texts, ...texts])
        expect(clean(one, 1_024)).toBe(redactText(one, 1_024).text);
    }),
  );
});

it('forgets nothing that matters where more texts come than are remembered', () => {
  for (let i = 0; i < 3_000; i++) clean(`text ${i}`, 1_024);
  expect(clean(`key ${SECRET}`, 1_024)).toBe(redactText(`key ${SECRET}`, 1_024).text);
});
