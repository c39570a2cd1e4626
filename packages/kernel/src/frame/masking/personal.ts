/**
 * Personal data in a text and by the names of members: e-mail addresses, phone numbers, payment cards (ISO/IEC 7812 check digit), US social
 * security numbers, IBANs (ISO 13616). Masked where a capability is about such data. Every pattern is bounded, so time is linear.
 */
import { maskEmails } from './email.ts';
import { maskOf } from './secret-forms.ts';

interface PersonalPattern {
  readonly kind: string;
  readonly pattern: RegExp;
  readonly accept?: (match: string) => boolean;
}

const IBAN: PersonalPattern = {
  kind: 'iban',
  pattern:
    /(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?![A-Za-z0-9])/g,
  accept: isIban,
};
const CARD: PersonalPattern = {
  kind: 'card_number',
  pattern: /(?<![\w.-])\d(?:[ -]?\d){12,18}(?![\w-])/g,
  accept: isCard,
};
const SSN: PersonalPattern = {
  kind: 'ssn',
  pattern: /(?<![\d-])\d{3}[- ]\d{2}[- ]\d{4}(?![\d-])/g,
};
const PHONE: PersonalPattern = {
  kind: 'phone',
  pattern:
    /(?<![\w+])(?:\+\d{1,3}(?:[ ()./-]{0,2}\d){6,13}|\(?\d{3}\)?[ .-]\d{3}[ .-]\d{4})(?![\w-])/g,
};

/** What every one begins with. */
const IBAN_BEGINS = /(?<![A-Za-z0-9])[A-Z]{2}\d{2}/;
/** Seven digits as every card, social security and phone number has them. */
const NUMBER = /\d(?:[ ()./-]{0,2}\d){6}/;
/** A part of every one of them but a card. */
const GROUPED = /\+\d|\d{3}\)?[ .-]\d{2,3}[ .-]\d{4}/;

const AT = 1;
const HAS_IBAN = 2;
const HAS_NUMBER = 4;
const HAS_GROUPS = 8;

/** Which kinds a text may hold; 0 for none. */
export type PersonalSigns = number;

export function personalSigns(text: string): PersonalSigns {
  const signs = (text.includes('@') ? AT : 0) | (IBAN_BEGINS.test(text) ? HAS_IBAN : 0);
  if (!NUMBER.test(text)) return signs;
  return signs | HAS_NUMBER | (GROUPED.test(text) ? HAS_GROUPS : 0);
}

/** `signs`: of this text, or of more. A mask has none. */
export function maskPersonal(
  text: string,
  found: Set<string>,
  signs: PersonalSigns = personalSigns(text),
): string {
  if (signs === 0) return text;
  const masked = (signs & AT) === 0 ? text : maskEmails(text, found);
  // Behind an address that was as long as one may be, what followed in the same word begins one.
  return maskNumbers(masked, found, masked === text ? signs : personalSigns(masked));
}

/** All of it but e-mail addresses, which are masked before. */
export function maskNumbers(
  text: string,
  found: Set<string>,
  signs: PersonalSigns = personalSigns(text),
): string {
  let masked = (signs & HAS_IBAN) === 0 ? text : mask(text, IBAN, found);
  if ((signs & HAS_NUMBER) !== 0) masked = mask(masked, CARD, found);
  return (signs & HAS_GROUPS) === 0 ? masked : mask(mask(masked, SSN, found), PHONE, found);
}

/** Many times as fast as to replace with a function. */
function mask(
  text: string,
  { kind, pattern, accept }: PersonalPattern,
  found: Set<string>,
): string {
  let masked = '';
  let from = 0;
  pattern.lastIndex = 0;
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    if (accept?.(match[0]) === false) continue;
    masked += text.slice(from, match.index) + maskOf(kind);
    from = pattern.lastIndex;
  }
  if (from === 0) return text;
  found.add(kind);
  return masked + text.slice(from);
}

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
