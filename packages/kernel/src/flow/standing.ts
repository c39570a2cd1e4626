/**
 * Where a value could have come from, from best to worst. What a sink may receive is said in these words.
 */
import type { Label } from '@portcullis/wire';

export const STANDINGS = [
  'none', // there is no such argument
  'user', // the user typed it, or an output declared trusted says it
  'code', // a one-time code that a permitted call caused, not yet used
  'matched', // the platform's own, in a record that answers to the user's words
  'platform', // the platform wrote it, about its own things
  'contested', // the platform's own, and strangers speak of it too
  'origin', // an address on a site that the user typed
  'lookup', // a source that the user named gives it for somebody that the user named
  'link', // an address word for word in a source that the user named
  'named', // free text of a source that the user named
  'party', // the sender of something, or one who chose to be there
  'untraced', // nowhere to be found, after untrusted data
  'untrusted', // found in what strangers wrote, and nowhere better
] as const;

export type Standing = (typeof STANDINGS)[number];

const RANK: ReadonlyMap<Standing, number> = new Map(
  STANDINGS.map((standing, rank) => [standing, rank]),
);

export const worse = (a: Standing, b: Standing): Standing =>
  (RANK.get(a) as number) >= (RANK.get(b) as number) ? a : b;

const TRUSTED: ReadonlySet<Standing> = new Set([
  'none',
  'user',
  'code',
  'matched',
  'platform',
  'contested',
]);

/** What is nowhere to be found is the model's own word as long as the session has seen nothing of strangers. */
export const integrityOf = (standing: Standing, tainted: boolean): Label['integrity'] =>
  TRUSTED.has(standing) || (standing === 'untraced' && !tainted) ? 'trusted' : 'untrusted';
