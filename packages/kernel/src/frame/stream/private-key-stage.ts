/** `maskPrivateKeys` for a text that comes in pieces: joined, what comes out is what the whole text would give. Holds less than one heading. */
import { BEGIN, END, HEADING } from '../masking/private-key.ts';
import { maskOf } from '../masking/secret-forms.ts';

/** Longer than any heading: what has not become one by then is none. */
const LONGEST_HEADING = 80;
const CLOSE = '-----';

export class PrivateKeyStage {
  #held = '';
  /** What is looked for: where a key begins, its END, or the end of that line. */
  #state: 'text' | 'key' | 'end' = 'text';

  get held(): number {
    return this.#held.length;
  }

  push(text: string, found: Set<string>): string {
    return this.#read(this.#held + text, found, false);
  }

  end(found: Set<string>): string {
    return this.#read(this.#held, found, true);
  }

  #read(text: string, found: Set<string>, last: boolean): string {
    let out = '';
    let at = 0;
    for (;;) {
      if (this.#state === 'text') {
        const begin = beginOf(text, at, last);
        out += text.slice(at, begin.at);
        at = begin.at;
        if (!begin.key) break;
        found.add('private_key');
        out += maskOf('private_key');
        this.#state = 'key';
      }
      const mark = this.#state === 'key' ? END : CLOSE;
      const end = text.indexOf(mark, at);
      if (end === -1) {
        at = Math.max(at, text.length - mark.length + 1);
        break;
      }
      at = end + mark.length;
      this.#state = this.#state === 'key' ? 'end' : 'text';
    }
    this.#held = text.slice(at);
    return out;
  }
}

/** Where a key begins, or where one may once more is there. */
function beginOf(
  text: string,
  from: number,
  last: boolean,
): { readonly at: number; readonly key: boolean } {
  let begin = text.indexOf(BEGIN, from);
  while (begin !== -1) {
    HEADING.lastIndex = begin + BEGIN.length;
    if (HEADING.test(text)) return { at: begin, key: true };
    if (!last && text.length - begin < LONGEST_HEADING) return { at: begin, key: false };
    begin = text.indexOf(BEGIN, begin + BEGIN.length);
  }
  if (last) return { at: text.length, key: false };
  let part = Math.min(BEGIN.length - 1, text.length - from);
  while (part > 0 && !text.endsWith(BEGIN.slice(0, part))) part--;
  return { at: text.length - part, key: false };
}
