/**
 * What the user's words ask for: verbs and nouns of a tool against the words of the turns, and whether the user told the agent to follow
 * somebody else's instructions. Evidence, never the only gate.
 */
export interface IntentWords {
  readonly does: ReadonlySet<string>;
  /** Empty: the verb is enough. */
  readonly about: ReadonlySet<string>;
}

/** plain: the words ask for this. delegated: the words hand over to what a source asks. absent: neither. */
export type Intent = 'plain' | 'delegated' | 'absent';

/** A light stemmer, the same for both sides: plural, participle, gerund and final e are dropped. */
export function stem(word: string): string {
  let w = word.toLowerCase();
  if (w.length > 5 && w.endsWith('ing')) w = w.slice(0, -3);
  else if (w.length > 4 && w.endsWith('ied')) w = `${w.slice(0, -3)}y`;
  else if (w.length > 4 && w.endsWith('ies')) w = `${w.slice(0, -3)}y`;
  else if (w.length > 4 && w.endsWith('ed')) w = w.slice(0, -2);
  else if (w.length > 4 && /(?:s|x|ch|sh)es$/.test(w)) w = w.slice(0, -2);
  else if (w.length > 3 && w.endsWith('s') && !w.endsWith('ss')) w = w.slice(0, -1);
  if (w.length > 3 && w.endsWith('e')) w = w.slice(0, -1);
  if (/([bdgmnprt])\1$/.test(w)) w = w.slice(0, -1);
  return w;
}

export const stems = (words: readonly string[]): ReadonlySet<string> => new Set(words.map(stem));

const WORDS = /[\p{L}\p{N}]+(?:'[\p{L}]+)?/gu;
const MOST_WORDS = 20_000;

/** What is done on somebody's word: a verb with such a noun in one sentence, or a phrase. */
const OBEYS = stems([
  'do',
  'follow',
  'complete',
  'finish',
  'achieve',
  'perform',
  'execute',
  'carry',
  'handle',
  'fulfil',
  'fulfill',
  'accomplish',
  'address',
  'resolve',
  'work',
  'help',
  'act',
]);
const ORDERS = stems([
  'instruction',
  'task',
  'request',
  'todo',
  'todos',
  'step',
  'assignment',
  'homework',
  'errand',
  'direction',
  'demand',
  'ask',
  'asked',
  'action',
  'item',
  'procedure',
  'need',
]);
const PHRASE =
  /\b(?:accordingly|(?:do|does|did) (?:what|whatever|everything|anything|as)|as (?:requested|asked|instructed|described|stated|told)|take care of)\b/i;

/** The user's turns, as far as intent goes. */
export class Wishes {
  readonly #words = new Set<string>();
  /** Words written with a capital, for names that the user typed. */
  readonly names = new Set<string>();
  delegates = false;

  add(turn: string): void {
    let count = 0;
    for (const sentence of turn.split(/[.!?;\n]+/)) {
      let obeys = false;
      let orders = false;
      for (const [word] of sentence.matchAll(WORDS)) {
        if (++count > MOST_WORDS) return;
        const root = stem(word.replace(/'s$/, ''));
        this.#words.add(root);
        if (/^\p{Lu}/u.test(word) && word.length > 2)
          this.names.add(word.replace(/'s$/, '').toLowerCase());
        if (OBEYS.has(root)) obeys = true;
        if (ORDERS.has(root)) orders = true;
      }
      if ((obeys && orders) || PHRASE.test(sentence)) this.delegates = true;
    }
  }

  has(root: string): boolean {
    return this.#words.has(root);
  }

  intent(wanted: IntentWords | undefined): Intent {
    if (
      wanted !== undefined &&
      this.#any(wanted.does) &&
      (wanted.about.size === 0 || this.#any(wanted.about))
    )
      return 'plain';
    return this.delegates ? 'delegated' : 'absent';
  }

  #any(roots: ReadonlySet<string>): boolean {
    for (const root of roots) if (this.#words.has(root)) return true;
    return false;
  }
}
