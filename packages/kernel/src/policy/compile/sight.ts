/** What a session has seen, in the words of behaviour rules. */
import type { Label } from '@portcullis/wire';

export type Sight = 'untrusted' | 'private' | 'secret' | 'derived';

/** Who gives a label that a rule over calls gives. */
export const RULE_SOURCE = 'behaviour';

/** `derived`: a rule said so, whatever the data is. The summary of many labels says the most of each: with secrets there may be what is private. */
export function isOf({ source, integrity, confidentiality }: Label, sight: Sight): boolean {
  if (sight === 'derived') return source === RULE_SOURCE;
  if (sight === 'untrusted') return integrity === 'untrusted';
  return confidentiality === sight || (source === '*' && confidentiality === 'secret');
}
