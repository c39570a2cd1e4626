import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isExactNumber } from './number.ts';

test.each([
  '0',
  '-0',
  '-0.0',
  '0e5',
  '1',
  '-1',
  '0.1',
  '0.10000000000000001',
  '66.666666666666657',
  '1.50',
  '100',
  '1e2',
  '1E+2',
  '1e-2',
  '12.5e3',
  '9007199254740991',
  '9007199254740992',
  '18446744073709551616',
  '1e23',
  '100000000000000000000000',
  '12345678901234567168',
  '1.7976931348623157e308',
  '5e-324',
  '2.2250738585072014e-308',
  `1${'0'.repeat(308)}`,
  `1.${'0'.repeat(5000)}`,
  `0.${'0'.repeat(300)}1`,
])('%s is exact', (literal) => {
  expect(isExactNumber(literal)).toBe(true);
});

test.each([
  '0.1000000000000000055',
  '333333333.33333329',
  '9007199254740993',
  '-9007199254740993',
  '12345678901234567890',
  '1e400',
  '-1e400',
  '1e-400',
  '1e999999999999999999999',
  '1e-999999999999999999999',
  '9'.repeat(400),
  '3.14159265358979323846',
  `0.1${'0'.repeat(5000)}1`,
  '1.0000000000000000001',
])('%s is not', (literal) => {
  expect(isExactNumber(literal)).toBe(false);
});

test('every double is exact as ECMAScript writes it, and stays so however it is spelled', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
      expect(isExactNumber(JSON.stringify(value))).toBe(true);
      expect(isExactNumber(value.toExponential())).toBe(true);
      expect(isExactNumber(value.toPrecision(17))).toBe(true);
    }),
  );
});

test('integers are exact just where BigInt and double agree', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }), (value) => {
      const shortest = BigInt(Number(String(value)));
      // The shortest text of a double may stand for it although it is not its value.
      const text = BigInt(
        Number(value).toLocaleString('en', { useGrouping: false, maximumSignificantDigits: 21 }),
      );
      expect(isExactNumber(String(value))).toBe(
        shortest === value || BigInt(expand(String(Number(value)))) === value || text === value,
      );
    }),
  );
});

test('a megabyte of digits takes no time', () => {
  const started = process.threadCpuUsage();
  for (const literal of ['9'.repeat(1e6), `0.${'0'.repeat(1e6)}1`, `1.${'3'.repeat(1e6)}`]) {
    expect(isExactNumber(literal)).toBe(false);
  }
  expect(process.threadCpuUsage(started).user).toBeLessThan(500_000);
});

/** `1.2e+21` as digits. */
function expand(text: string): string {
  const [mantissa = '', exponent] = text.split('e+');
  if (exponent === undefined) return text;
  const [whole = '', fraction = ''] = mantissa.split('.');
  return whole + fraction.padEnd(Number(exponent), '0');
}
