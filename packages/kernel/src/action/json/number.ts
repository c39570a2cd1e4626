/**
 * Which number literals are exact. A JSON number is read as an IEEE 754 double (RFC 8259 section 6, I-JSON RFC 7493
 * section 2.2), so a literal that means another number than the one that is read would be judged as one value and meant as another.
 *
 * A literal is exact where its double is finite and
 *  - the shortest decimal text of that double (what RFC 8785 writes) denotes the same decimal number: `0.1`, `1e23`, `1.50`; or
 *  - it is that double rounded to as many digits as it has itself, at most 17, as programs print that want to be read back:
 *    `0.10000000000000001`, `66.666666666666657`; or
 *  - it is an integer without fraction or exponent whose value is the double's: `18446744073709551616`.
 * So `0.1000000000000000055`, `333333333.33333329`, `9007199254740993`, `1e400` and `1e-400` are not. `-0` is exact, and is read as 0.
 * Linear in the length of the literal.
 */
export function isExactNumber(literal: string): boolean {
  const value = Number(literal);
  if (!Number.isFinite(value)) return false;
  const shortest = String(value);
  if (shortest === literal) return true;
  const meant = decimal(literal);
  if (equal(meant, decimal(shortest))) return true;
  const precision = meant.digits.length;
  if (
    precision > 0 &&
    precision <= ROUND_TRIP &&
    equal(meant, decimal(value.toPrecision(precision)))
  ) {
    return true;
  }
  // A finite integer has at most 309 digits, so BigInt stays cheap.
  return /^-?\d+$/.test(literal) && BigInt(literal) === BigInt(value);
}

/** Significant digits that tell any two doubles apart. */
const ROUND_TRIP = 17;

interface Decimal {
  readonly digits: string;
  readonly exponent: number;
}

const equal = (one: Decimal, other: Decimal): boolean =>
  one.digits === other.digits && one.exponent === other.exponent;

/** The number as significant digits times a power of ten: equal numbers give equal pairs. The sign plays no part: it is never lost. */
function decimal(text: string): Decimal {
  let end = text.search(/[eE]/);
  let exponent = 0;
  if (end === -1) end = text.length;
  else exponent = Number(text.slice(end + 1));
  const start = text.startsWith('-') ? 1 : 0;
  const point = text.indexOf('.');
  let digits: string;
  if (point === -1 || point > end) digits = text.slice(start, end);
  else {
    digits = text.slice(start, point) + text.slice(point + 1, end);
    exponent -= end - point - 1;
  }
  let first = 0;
  while (digits.charCodeAt(first) === ZERO) first++;
  let last = digits.length;
  while (last > first && digits.charCodeAt(last - 1) === ZERO) last--;
  if (first === last) return { digits: '', exponent: 0 };
  return { digits: digits.slice(first, last), exponent: exponent + digits.length - last };
}

const ZERO = 48;
