/**
 * E-mail addresses in a text, each from its at sign outward: the part before it goes back to what such a part cannot hold, the part behind it is as
 * many labels as there are. Beside letters that are not ASCII the pattern says what is one.
 */
import { maskOf } from './secret-forms.ts';

/** No at sign is read further than what it bounds: time is linear. */
const PATTERN =
  /(?<![\p{L}\d_.+%'-])[\p{L}\d_.+%'-]{1,64}@(?:[\p{L}\d-]{1,63}\.){1,8}[\p{L}\d-]{2,63}/gu;
const LONGEST_LOCAL = 64;
const LONGEST_LABEL = 63;
const MOST_LABELS = 8;

const KIND = 'email';
const MASK = maskOf(KIND);

export function maskEmails(text: string, found: Set<string>): string {
  let masked = '';
  let from = 0;
  for (let at = text.indexOf('@'); at !== -1; ) {
    const start = localStart(text, at);
    const end = domainEnd(text, at + 1);
    if (start === BEYOND || end === BEYOND) return byPattern(text, found);
    // What was masked before ends within the local part: then it is none, for it does not begin there.
    if (start < from || start === at || at - start > LONGEST_LOCAL || end === 0) {
      at = text.indexOf('@', at + 1);
      continue;
    }
    masked += text.slice(from, start) + MASK;
    from = end;
    at = text.indexOf('@', end);
  }
  if (from === 0) return text;
  found.add(KIND);
  return masked + text.slice(from);
}

function byPattern(text: string, found: Set<string>): string {
  return text.replace(PATTERN, () => {
    found.add(KIND);
    return MASK;
  });
}

/** A character that is not ASCII has to be looked at. */
const BEYOND = -1;

/** Where what may be a local part begins; one character before the longest, where it is longer. */
function localStart(text: string, at: number): number {
  const least = Math.max(0, at - LONGEST_LOCAL - 1);
  let start = at;
  while (start > least) {
    const unit = text.charCodeAt(start - 1);
    if (unit > 127) return BEYOND;
    if (((PARTS[unit] as number) & LOCAL) === 0) break;
    start--;
  }
  return start;
}

/** Behind the last label that a domain from here may have; 0 where there is none. */
function domainEnd(text: string, start: number): number {
  let end = 0;
  for (let label = start, before = 0; ; before++) {
    let stop = label;
    while (stop - label <= LONGEST_LABEL) {
      const unit = text.charCodeAt(stop);
      if (unit > 127) return BEYOND;
      // NaN behind the end is no part.
      if ((((PARTS[unit] ?? 0) as number) & DOMAIN) === 0) break;
      stop++;
    }
    const length = stop - label;
    if (before > 0 && length > 1) end = label + Math.min(length, LONGEST_LABEL);
    const more = length > 0 && length <= LONGEST_LABEL && before < MOST_LABELS;
    if (!more || text.charCodeAt(stop) !== DOT) return end;
    label = stop + 1;
  }
}

const DOT = 46;
const LOCAL = 1;
const DOMAIN = 2;
const PARTS = Uint8Array.from({ length: 128 }, (_, unit) => {
  const character = String.fromCharCode(unit);
  return (/[\w.+%'-]/.test(character) ? LOCAL : 0) | (/[A-Za-z\d-]/.test(character) ? DOMAIN : 0);
});
