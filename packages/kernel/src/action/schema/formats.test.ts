/** What each format takes and refuses; and that hostile text is answered in linear time. */
import { expect, it } from 'vitest';
import { FORMATS } from './formats.ts';
import { compileParams } from './schema.ts';

const check = (format: string, type: 'string' | 'number' = 'string') => {
  const params = compileParams({ type: 'object', properties: { a: { type, format } } });
  return (a: string | number) => params({ a }) === undefined;
};

it.each([
  ['date', ['2024-02-29', '2000-12-31'], ['2023-02-29', '2024-13-01', '2024-1-1', '1900-02-29']],
  ['time', ['10:20:30Z', '23:59:60.5+05:30'], ['10:20:30', '24:00:00Z', '10:20Z', '10:20:30+5']],
  [
    'date-time',
    ['2024-02-29T10:20:30Z', '2024-02-29t10:20:30.25-00:00'],
    ['2024-02-29 10:20:30Z', '2024-02-30T10:20:30Z', '2024-02-29'],
  ],
  ['duration', ['P1D', 'PT1H30M', 'P2W', 'P1Y2M3DT4H'], ['P', 'PT', '1D', 'P1W2D', 'P1DT']],
  ['email', ["o'hara+x@example.com", 'a.b@c'], ['a', '@b', 'a@', 'a..b@c', 'a b@c', 'a@b@c']],
  ['hostname', ['example.com', 'a-b.c1'], ['-a.com', 'a..b', '', `${'a'.repeat(64)}.com`]],
  ['ipv4', ['10.0.0.1'], ['10.0.0.256', '010.0.0.1', '10.1']],
  ['ipv6', ['::1', 'fe80::1'], ['fe80::1%eth0', ':::', '1']],
  ['uuid', ['123e4567-e89b-12d3-a456-426614174000'], ['123e4567e89b12d3a456426614174000', '']],
  ['uri', ['https://a.b/c?d=%20#e', 'urn:x:y'], ['//a', 'a b:c', 'http://é', 'http://a/%2', '']],
  ['uri-reference', ['../a?b', '', '#c'], ['a b', '\\', '<']],
  ['json-pointer', ['', '/a~0~1/', '/'], ['a', '/~2', '/~']],
])('%s', (format, good, bad) => {
  const fits = check(format);
  expect(good.filter((text) => !fits(text))).toEqual([]);
  expect(bad.filter(fits)).toEqual([]);
});

it('numbers are held to their range', () => {
  expect([-128, 127].every(check('int8', 'number'))).toBe(true);
  expect([128, -129, 0.5].some(check('int8', 'number'))).toBe(false);
  expect([0, 2 ** 53].every(check('uint64', 'number'))).toBe(true);
  expect(check('uint', 'number')(-1)).toBe(false);
  expect(check('double', 'number')(0.1)).toBe(true);
});

it('text made to be slow is refused as fast as any other', () => {
  const size = 1_000_000;
  const patterns = Object.keys(FORMATS).filter((name) => !/int|float|double/.test(name));
  const hostile = ['1', 'a', 'a.', '/', '/a', '%20', '-', 'P1Y', '~0', ':', '@'].map((part) =>
    part.repeat(size / part.length),
  );
  // Quadratic work on any of these would take a quarter of an hour.
  for (const name of patterns) {
    const fits = check(name);
    for (const text of hostile) fits(`${text}\n`);
  }
}, 60_000);
