/**
 * Free text as a record holds it: redacted and capped. Reasons, remedies, notes and resources come again and again; a short text that was found clean is
 * remembered, and not searched again. What holds a secret is never kept.
 */
import { redactText } from '../frame/index.ts';

const MOST = 1_024;
const LONGEST = 256;
const known = new Set<string>();

export function clean(text: string, cap: number): string {
  if (known.has(text)) return text;
  const redacted = redactText(text, cap).text;
  if (redacted === text && text.length <= LONGEST && text.length <= cap) {
    if (known.size >= MOST) known.clear();
    known.add(text);
  }
  return redacted;
}
