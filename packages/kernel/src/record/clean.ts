/**
 * Free text as a record holds it: redacted and capped. Reasons, remedies, notes and resources come again and again; a short text that was found clean is
 * remembered as it stands in a record, and not searched again. What holds a secret is never kept.
 */
import { Memo } from '../action/memo.ts';
import { redactText } from '../frame/index.ts';

const MOST = 1_024;
const LONGEST = 256;
const known = new Memo<string>(MOST);

export function clean(text: string, cap: number): string {
  return known.get(text) === undefined ? cleaned(text, cap) : text;
}

/** The same as JSON. */
export const quoted = (text: string, cap: number): string =>
  known.get(text) ?? JSON.stringify(cleaned(text, cap));

function cleaned(text: string, cap: number): string {
  const redacted = redactText(text, cap).text;
  if (redacted === text && text.length <= LONGEST && text.length <= cap)
    known.set(text, JSON.stringify(text));
  return redacted;
}
