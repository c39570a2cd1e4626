/**
 * The formats of JSON Schema that are checked, each in linear time; and the number formats that schemas made from typed languages carry (OpenAPI's
 * format registry). Any other format is a load error: what it promises would not be held.
 */
import { isIPv4, isIPv6 } from 'node:net';
import type { Format } from 'ajv';

const DATE = /^(\d{4})-(\d\d)-(\d\d)$/;
const TIME = /^(\d\d):(\d\d):(\d\d)(?:\.\d{1,30})?(?:z|[+-](\d\d):(\d\d))$/i;
const DURATION =
  /^P(?:\d+W|(?=\d|T\d)(?:\d+Y)?(?:\d+M)?(?:\d+D)?(?:T(?=\d)(?:\d+H)?(?:\d+M)?(?:\d+S)?)?)$/;
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i;
const LOCAL_PART = /^[a-z0-9!#$%&'*+/=?^_`{|}~-]+$/i;
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const SCHEME = /^[a-z][a-z0-9+.-]*:/i;
// RFC 3986: unreserved, reserved and percent-encoded characters, and no others.
const URI_TEXT = /^(?:[a-z0-9._~:/?#[\]@!$&'()*+,;=-]|%[0-9a-f]{2})*$/i;
const POINTER = /^(?:\/(?:[^~/]|~[01])*)*$/;

/** RFC 3339. */
function isDate(text: string): boolean {
  const [, year, month, day] = DATE.exec(text)?.map(Number) ?? [];
  if (year === undefined || month === undefined || day === undefined) return false;
  return month >= 1 && month <= 12 && day >= 1 && day <= daysOf(year, month);
}

const daysOf = (year: number, month: number): number => {
  if (month !== 2) return [4, 6, 9, 11].includes(month) ? 30 : 31;
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
};

function isTime(text: string): boolean {
  const [, hour = 99, minute = 99, second = 99, toHour = 0, toMinute = 0] = (
    TIME.exec(text) ?? []
  ).map((part) => (part === undefined ? 0 : Number(part)));
  return hour <= 23 && minute <= 59 && second <= 60 && toHour <= 23 && toMinute <= 59;
}

const isDateTime = (text: string): boolean =>
  (text[10] === 'T' || text[10] === 't') && isDate(text.slice(0, 10)) && isTime(text.slice(11));

const isHostname = (text: string): boolean =>
  text.length <= 253 && text.split('.').every((label) => LABEL.test(label));

/** RFC 5321, without quoted local parts and addresses in brackets. */
function isEmail(text: string): boolean {
  const at = text.lastIndexOf('@');
  const local = text.slice(0, Math.max(0, at));
  if (text.length > 320 || local.length > 64) return false;
  return local.split('.').every((part) => LOCAL_PART.test(part)) && isHostname(text.slice(at + 1));
}

const whole = (min: number, max: number): Format => ({
  type: 'number',
  validate: (value) => Number.isInteger(value) && value >= min && value <= max,
});
const anyNumber: Format = { type: 'number', validate: () => true };

export const FORMATS: Readonly<Record<string, Format>> = Object.freeze({
  date: isDate,
  time: isTime,
  'date-time': isDateTime,
  duration: DURATION,
  email: isEmail,
  hostname: isHostname,
  ipv4: isIPv4,
  // A zone is no part of an address in a schema.
  ipv6: (text) => isIPv6(text) && !text.includes('%'),
  uuid: UUID,
  uri: (text) => SCHEME.test(text) && URI_TEXT.test(text),
  'uri-reference': URI_TEXT,
  'json-pointer': POINTER,
  int8: whole(-128, 127),
  int16: whole(-32_768, 32_767),
  int32: whole(-2_147_483_648, 2_147_483_647),
  int64: whole(-(2 ** 63), 2 ** 63),
  uint: whole(0, 2 ** 64),
  uint8: whole(0, 255),
  uint16: whole(0, 65_535),
  uint32: whole(0, 4_294_967_295),
  uint64: whole(0, 2 ** 64),
  float: anyNumber,
  double: anyNumber,
});
