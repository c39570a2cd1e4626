/** Resources that belong to no family: NFC, every character visible, at most 2,048 characters, no white space but single inner spaces. */
import type { Refusal } from '../refusal.ts';
import { isVisible } from '../text.ts';
import { badResource, type Named, named } from './named.ts';

const LONGEST = 2_048;

export function canonicalText(raw: string): Named | Refusal {
  if (raw.length > LONGEST) return badResource(`longer than ${LONGEST} characters`);
  if (PLAIN.test(raw)) return named(raw);
  if (!isVisible(raw)) return badResource('holds a control character or one that does not show');
  if (UNSEEN_SPACE.test(raw)) return badResource('holds white space that cannot be told apart');
  return named(raw.normalize('NFC'));
}

/** Of what shows, and in NFC already. */
const PLAIN = /^[\x21-\x7e]*$/;
/** At an end, twice in a row, or another space than U+0020. */
const UNSEEN_SPACE = /^ | $| {2}|[^\S ]/;
