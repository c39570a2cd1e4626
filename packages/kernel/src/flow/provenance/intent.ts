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
function stem(word: string): string {
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
const MOST_HEEDED = 32_768;

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
  'resolve',
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
  'procedure',
]);
const PHRASE =
  /\b(?:accordingly|(?:do|does|did) (?:what|whatever|everything|anything|as)|as (?:requested|asked|instructed|described|stated|told)|take care of)\b/i;

const NO_VERB_AFTER = new Set(
  'a an the my your his her its our their this that these those any all some each every no by in from of on via with for as at unread received new recent sent last latest previous'.split(
    ' ',
  ),
);

const LIGHT_VERBS = stems(
  'make do request issue process place initiate arrange want need give'.split(' '),
);
const NEAR = 3;

/** Words that say nothing of what a record is about. */
const LIGHT = stems(
  'about account after also amount before check complete could create date email find from give have help information into item list mail make message more name need number order please price product send some such tell than that them then there these they this time user want what when where which will with would your'.split(
    ' ',
  ),
);

/** The user's turns, as far as intent goes. */
export class UserIntent {
  readonly #words = new Set<string>();
  readonly #verbs = new Set<string>();
  /** Words written with a capital, for names that the user typed. */
  readonly names = new Set<string>();
  delegates = false;
  /** Words of those whose wishes the user said to follow. */
  readonly #heeded = new Set<string>();

  add(turn: string): void {
    let count = 0;
    for (const sentence of turn.split(/[.!?;\n]+/)) {
      let obeys = false;
      let orders = false;
      let before = '';
      let light = 0;
      for (const [word] of sentence.matchAll(WORDS)) {
        if (++count > MOST_WORDS) return;
        const root = stem(word.replace(/'s$/, ''));
        this.#words.add(root);
        // After an article or a preposition a word is no verb (`the mail`, `by email`), unless a light verb goes before: `make a payment`.
        if (light > 0 || !NO_VERB_AFTER.has(before)) this.#verbs.add(root);
        light = LIGHT_VERBS.has(root) ? NEAR : light - 1;
        before = word.toLowerCase();
        if (/^\p{Lu}/u.test(word) && word.length > 2)
          this.names.add(word.replace(/'s$/, '').toLowerCase());
        if (OBEYS.has(root)) obeys = true;
        if (ORDERS.has(root)) orders = true;
      }
      if ((obeys && orders) || PHRASE.test(sentence)) this.delegates = true;
    }
  }

  heed(text: string): void {
    for (const [word] of text.slice(0, MOST_HEEDED).matchAll(WORDS))
      if (word.length >= 4) this.#heeded.add(stem(word));
  }

  intent(wanted: IntentWords | undefined): Intent {
    if (
      wanted !== undefined &&
      any(wanted.does, this.#verbs) &&
      (wanted.about.size === 0 || any(wanted.about, this.#words))
    )
      return 'plain';
    return this.delegates ? 'delegated' : 'absent';
  }

  /** A word of some weight in common with the user's. */
  mentions(text: string): boolean {
    for (const [word] of text.matchAll(WORDS)) {
      if (word.length < 4 || /^\d+$/.test(word)) continue;
      const root = stem(word);
      if (LIGHT.has(root)) continue;
      if (this.#words.has(root) || (this.delegates && this.#heeded.has(root))) return true;
    }
    return false;
  }
}

function any(roots: ReadonlySet<string>, words: ReadonlySet<string>): boolean {
  for (const root of roots) if (words.has(root)) return true;
  return false;
}
