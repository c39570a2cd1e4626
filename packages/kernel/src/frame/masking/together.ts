/** Texts of a column, masked as one: each comes out as it would by itself, and what is the same in many is searched once. */
import { hidesSecret } from '../bytes.ts';
import type { Column } from '../columns.ts';
import { BETWEEN, became, fewOf } from '../few.ts';
import { maskEmails } from './email.ts';
import { mayHoldSecrets } from './look.ts';
import { maskNumbers } from './personal.ts';

/**
 * undefined where they may hold a secret, or what stands between texts, or are not well-formed: then each is to be searched by itself. No personal data
 * has in it what stands between them, and beside it what is personal data is that at the end of a text.
 */
export function maskTogether(
  texts: readonly string[],
  personal: boolean,
  found: Set<string>,
): Column | undefined {
  const given = texts.join(BETWEEN);
  if (!given.isWellFormed()) return undefined;
  let few = fewOf(given, texts.length);
  let joined = few?.texts.join(BETWEEN) ?? given;
  for (const mask of personal ? PERSONAL : []) {
    const masked = mask(joined, found);
    if (masked === joined) continue;
    few = few === undefined ? fewOf(masked, texts.length) : became(few, masked.split(BETWEEN));
    joined = few?.texts.join(BETWEEN) ?? masked;
  }
  if (mayHoldSecrets(joined)) return undefined;
  const now = few?.texts ?? (joined === given ? texts : joined.split(BETWEEN));
  if (few === undefined && joined !== given && now.length !== texts.length) return undefined;
  return now.some((text) => hidesSecret(text).length > 0) ? undefined : (few ?? now);
}

const PERSONAL = [maskEmails, maskNumbers];
