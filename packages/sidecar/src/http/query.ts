/** Query strings: each name once, each known, numbers and booleans by their written form. */
import { PortcullisError } from '@portcullis/kernel';

export function readQuery(url: string): Record<string, string | number | boolean> {
  const mark = url.indexOf('?');
  const query: Record<string, string | number | boolean> = Object.create(null);
  if (mark === -1) return query;
  for (const [name, value] of new URLSearchParams(url.slice(mark + 1))) {
    if (name in query) throw new PortcullisError('duplicate_key', 'a query parameter came twice');
    query[name] = NUMBERS.has(name)
      ? numberOf(name, value)
      : FLAGS.has(name)
        ? flagOf(name, value)
        : value;
  }
  return query;
}

/** The parameters that are no text, in every route that has them. */
const NUMBERS = new Set(['after', 'limit']);
const FLAGS = new Set(['reverse']);

function numberOf(name: string, value: string): number {
  const read = wholeNumber(value);
  if (read === undefined)
    throw new PortcullisError('malformed_request', `${name} must be a whole number`);
  return read;
}

/** As the wire writes whole numbers in texts: digits without a sign, a leading zero or more than a double holds. Undefined for anything else. */
export const wholeNumber = (text: string): number | undefined =>
  /^(?:0|[1-9]\d{0,15})$/.test(text) ? Number(text) : undefined;

function flagOf(name: string, value: string): boolean {
  if (value === 'true' || value === 'false') return value === 'true';
  throw new PortcullisError('malformed_request', `${name} must be true or false`);
}
