/** Private keys in PEM (RFC 7468), PGP and OpenSSH armour: from the BEGIN line to the end of its END line, or of the text where there is none. */
import { maskOf } from './secret-forms.ts';

export const BEGIN = '-----BEGIN ';
export const END = '-----END ';
export const HEADING = /[A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/y;

export function maskPrivateKeys(text: string, found: Set<string>): string {
  let begin = text.indexOf(BEGIN);
  if (begin === -1) return text;
  let masked = '';
  let from = 0;
  while (begin !== -1) {
    HEADING.lastIndex = begin + BEGIN.length;
    if (!HEADING.test(text)) {
      begin = text.indexOf(BEGIN, begin + BEGIN.length);
      continue;
    }
    found.add('private_key');
    masked += text.slice(from, begin) + maskOf('private_key');
    const end = text.indexOf(END, begin);
    const close = end === -1 ? -1 : text.indexOf('-----', end + END.length);
    if (close === -1) return masked;
    from = close + 5;
    begin = text.indexOf(BEGIN, from);
  }
  return masked + text.slice(from);
}
