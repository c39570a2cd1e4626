/**
 * One part of a pattern against one part of a name, in time linear in the name: literals between stars are found leftmost, in
 * order, and never searched again. `*` stands for any run of characters; `\` takes away a character's meaning.
 */
import { find } from '../value/find.ts';

/** The literals between the stars: n + 1 of them for n stars. */
export type Segment = readonly string[];

/** Characters that other pattern languages give a meaning: refused, lest a rule mean less than it seems to. */
const FOREIGN = /[?[\]{}]/;

/** The segment, or what is wrong with it. */
export function parseSegment(text: string): Segment | { readonly wrong: string } {
  const literals: string[] = [];
  let literal = '';
  for (let i = 0; i < text.length; i++) {
    const char = text[i] as string;
    if (char === '\\') {
      const next = text[++i];
      if (next === undefined) return { wrong: 'a pattern cannot end in a backslash' };
      literal += next;
    } else if (char === '*') {
      if (text[i + 1] === '*') return { wrong: '** stands alone between separators' };
      literals.push(literal);
      literal = '';
    } else if (FOREIGN.test(char)) {
      return { wrong: `only * and ** are wildcards; write \\${char} for the character itself` };
    } else {
      literal += char;
    }
  }
  literals.push(literal);
  return literals;
}

export const isLiteral = (segment: Segment): boolean => segment.length === 1;

export function matchSegment(segment: Segment, text: string): boolean {
  const first = segment[0] as string;
  if (segment.length === 1) return text === first;
  const last = segment[segment.length - 1] as string;
  if (text === '' || text.length < first.length + last.length) return false;
  if (!text.startsWith(first) || !text.endsWith(last)) return false;
  let from = first.length;
  const end = text.length - last.length;
  for (let i = 1; i < segment.length - 1; i++) {
    const literal = segment[i] as string;
    if (literal === '') continue;
    const at = find(text, literal, from);
    if (at < 0 || at + literal.length > end) return false;
    from = at + literal.length;
  }
  return true;
}
