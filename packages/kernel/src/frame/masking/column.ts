/** Texts of a column, masked as one: each comes out as it would by itself, and what is the same in many is searched once. */
import { hidesSecret } from '../bytes.ts';
import type { Column } from '../columns.ts';
import { BETWEEN, dictionaryOf, withTexts } from '../dictionary.ts';
import { maskEmails } from './email.ts';
import { maskNumbers } from './personal.ts';
import { mayHoldSecrets } from './prefilter.ts';

/**
 * undefined where they may hold a secret, or what stands between texts, or are not well-formed: then each is to be searched by itself. No personal data
 * has in it what stands between them, and beside it what is personal data is that at the end of a text.
 */
export function maskColumn(
  texts: readonly string[],
  personal: boolean,
  found: Set<string>,
): Column | undefined {
  const given = texts.join(BETWEEN);
  if (!given.isWellFormed()) return undefined;
  let few = dictionaryOf(given, texts.length);
  let joined = few?.texts.join(BETWEEN) ?? given;
  for (const mask of personal ? PERSONAL : []) {
    const masked = mask(joined, found);
    if (masked === joined) continue;
    few =
      few === undefined
        ? dictionaryOf(masked, texts.length)
        : withTexts(few, masked.split(BETWEEN));
    joined = few?.texts.join(BETWEEN) ?? masked;
  }
  if (mayHoldSecrets(joined)) return undefined;
  const now = few?.texts ?? (joined === given ? texts : joined.split(BETWEEN));
  if (few === undefined && joined !== given && now.length !== texts.length) return undefined;
  return now.some((text) => hidesSecret(text).length > 0) ? undefined : (few ?? now);
}

const PERSONAL = [maskEmails, maskNumbers];
