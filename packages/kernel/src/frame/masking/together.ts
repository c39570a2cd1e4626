/** Texts of a column, masked as one: each comes out as it would by itself, and what is the same in many is searched once. */
import { hidesSecret } from '../bytes.ts';
import type { Column } from '../columns.ts';
import { became, fewOf } from '../few.ts';
import { maskEmails } from './email.ts';
import { mayHoldSecrets } from './look.ts';
import { maskNumbers } from './personal.ts';

/** Between texts. No personal data has it in it, and beside it what is one is what would be at the end of a text. */
const BETWEEN = '\0';

/** `texts`: well-formed. undefined where they may hold a secret, or what stands between texts: then each is to be searched by itself. */
export function maskTogether(
  texts: readonly string[],
  personal: boolean,
  found: Set<string>,
): Column | undefined {
  let few = fewOf(texts);
  let now = few?.texts ?? texts;
  let joined = now.join(BETWEEN);
  if (!joined.isWellFormed()) return undefined;
  if (personal) {
    for (const mask of [maskEmails, maskNumbers]) {
      const masked = mask(joined, found);
      if (masked === joined) continue;
      const parts = masked.split(BETWEEN);
      if (parts.length !== now.length) return undefined;
      few = few === undefined ? fewOf(parts) : became(few, parts);
      now = few?.texts ?? parts;
      joined = few === undefined ? masked : now.join(BETWEEN);
    }
  }
  if (mayHoldSecrets(joined)) return undefined;
  return now.some((text) => hidesSecret(text).length > 0) ? undefined : (few ?? now);
}
