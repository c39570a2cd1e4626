/**
 * Personal data in a text and by the names of members: e-mail addresses, phone numbers, payment cards (ISO/IEC 7812 check digit), US social
 * security numbers, IBANs (ISO 13616). Masked where a capability is about such data. Every pattern is bounded, so time is linear.
 */
import { maskOf } from './tokens.ts';

interface PersonalPattern {
  readonly kind: string;
  /** A text without this has none of the kind. */
  readonly sign: RegExp;
  readonly pattern: RegExp;
  readonly accept?: (match: string) => boolean;
}

const DIGIT = /\d/;

const PATTERNS: readonly PersonalPattern[] = Object.freeze([
  {
    kind: 'email',
    sign: /@/,
    pattern:
      /(?<![\p{L}\d_.+%'-])[\p{L}\d_.+%'-]{1,64}@(?:[\p{L}\d-]{1,63}\.){1,8}[\p{L}\d-]{2,63}/gu,
  },
  {
    kind: 'iban',
    sign: DIGIT,
    pattern:
      /(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?![A-Za-z0-9])/g,
    accept: isIban,
  },
  {
    kind: 'card_number',
    sign: DIGIT,
    pattern: /(?<![\w.-])\d(?:[ -]?\d){12,18}(?![\w-])/g,
    accept: isCard,
  },
  {
    kind: 'ssn',
    sign: DIGIT,
    pattern: /(?<![\d-])\d{3}[- ]\d{2}[- ]\d{4}(?![\d-])/g,
  },
  {
    kind: 'phone',
    sign: DIGIT,
    pattern:
      /(?<![\w+])(?:\+\d{1,3}(?:[ ()./-]{0,2}\d){6,13}|\(?\d{3}\)?[ .-]\d{3}[ .-]\d{4})(?![\w-])/g,
  },
]);

export function maskPersonal(text: string, found: Set<string>): string {
  if (!SIGNS.test(text)) return text;
  let masked = text;
  for (const { kind, sign, pattern, accept } of PATTERNS) {
    if (!sign.test(masked)) continue;
    masked = masked.replace(pattern, (match) => {
      if (accept !== undefined && !accept(match)) return match;
      found.add(kind);
      return maskOf(kind);
    });
  }
  return masked;
}

/** The shortest has seven digits, or an at sign. */
const SIGNS = /@|\d(?:\D{0,3}\d){6}/;

/** Luhn's check digit. */
function isCard(match: string): boolean {
  let sum = 0;
  let double = false;
  for (let at = match.length - 1; at >= 0; at--) {
    const digit = match.charCodeAt(at) - 48;
    if (digit < 0 || digit > 9) continue;
    const times = double ? digit * 2 : digit;
    sum += times > 9 ? times - 9 : times;
    double = !double;
  }
  return sum % 10 === 0;
}

/** Remainder 1 modulo 97 (ISO 7064). */
function isIban(match: string): boolean {
  const bare = match.replaceAll(' ', '');
  if (bare.length < 15 || bare.length > 34) return false;
  let remainder = 0;
  for (const character of bare.slice(4) + bare.slice(0, 4)) {
    const value = Number.parseInt(character, 36);
    remainder = (remainder * (value > 9 ? 100 : 10) + value) % 97;
  }
  return remainder === 1;
}

const NAME =
  /^(?:e[_-]?mail(?:[_-]?address)?|phone(?:[_-]?number)?|mobile|telephone|fax|card[_-]?(?:number|no)|credit[_-]?card(?:[_-]?number)?|pan|iban|ssn|social[_-]?security(?:[_-]?number)?|tax[_-]?id|passport(?:[_-]?number)?|date[_-]?of[_-]?birth|dob|birth[_-]?date|cvv2?|cvc)$/i;

/** Whether a member of this name holds personal data whatever its form. */
export const isPersonalName = (name: string): boolean => name.length <= 64 && NAME.test(name);
