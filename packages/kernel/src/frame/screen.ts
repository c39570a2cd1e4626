/**
 * Text for somebody's screen: what controls, reorders, joins or hides is written out, so that what is read is what is there, and what looks like a
 * secret is masked. The categories are Unicode's Cc, Cf, Cs, Co, Cn, Zl, Zp, every space but U+0020, and the marks that draw nothing of their own.
 */
import type { Json } from '@portcullis/wire';
import { maskSecrets } from './masking/redact.ts';

const UNSEEN =
  /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Variation_Selector}]|(?! )\p{Zs}/gu;

const escaped = (text: string): string =>
  text.replace(UNSEEN, (char) => `\\u{${(char.codePointAt(0) as number).toString(16)}}`);

/** Masked first: a secret with something unseen inside is still that secret. */
export const visible = (text: string): string => escaped(maskSecrets(text).text);

export function visibleJson(value: Json): Json {
  if (typeof value === 'string') return visible(value);
  if (Array.isArray(value)) return value.map(visibleJson);
  if (value === null || typeof value !== 'object') return value;
  const shown: [string, Json][] = Object.entries(value).map(([key, inner]) => [
    visible(key),
    visibleJson(inner),
  ]);
  return Object.fromEntries(shown);
}
