/** What a token is known by: who wrote it, and how private it is. The bits of a posting. */
import type { Author } from '../label-files/label-file.ts';

export const TRUSTED = 1;
export const PLATFORM = 2;
export const PARTY = 4;
export const FREE = 8;
/** Free text of a source that the user named, and of an author whom the user named. */
export const NAMED = 16;
export const NAMED_AUTHOR = 32;
export const PRIVATE = 64;
export const SECRET = 128;
/** The session itself put it there: whoever shows it again does not vouch for it. */
export const WRITTEN = 256;
/** The platform's own, in answer to the user's words. */
export const MATCHED = 512;
/** Called public by somebody who may say so. */
export const PUBLIC = 1024;

/** The marks that whole values are looked up by: two tokens side by side in such a text. */
export const AUTHORS_MARKS = TRUSTED | PLATFORM | PARTY | FREE | NAMED | NAMED_AUTHOR | MATCHED;

export const MARK_OF: Readonly<Record<Author, number>> = Object.freeze({
  trusted: TRUSTED,
  platform: PLATFORM,
  party: PARTY,
  free: FREE,
});
