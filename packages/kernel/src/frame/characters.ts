/** Texts cut between characters: no half of a surrogate pair is left at an end. */

/** `end`, or one before where that would cut a pair. */
export const wholeEnd = (text: string, end: number): number =>
  (text.charCodeAt(end - 1) & 0xfc00) === 0xd800 ? end - 1 : end;

/** At most so many UTF-16 units, the ellipsis that says so included. */
export const shortened = (text: string, most: number): string =>
  text.length <= most ? text : `${text.slice(0, wholeEnd(text, Math.max(0, most - 1)))}…`;
