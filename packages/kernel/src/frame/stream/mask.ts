/**
 * Masks secrets in a text that comes in pieces: wherever it was cut, what comes out, joined, is what `maskSecrets` makes of the whole. It holds
 * back what a pattern may still need: as a rule the line that is not at its end, of a long line half a kilobyte, at most 64 Ki characters. A
 * secret that would need more is masked by its beginning, with all that follows it up to a space, a quote or the end of its line.
 */

import { lastWords } from '../masking/netrc.ts';
import { maskPersonal } from '../masking/personal.ts';
import { maskSecrets } from '../masking/redact.ts';
import { maskOf } from '../masking/secret-forms.ts';
import { cutWithin, forceCut } from './cut.ts';
import { PrivateKeyStage } from './private-key-stage.ts';

/** Characters of a line that is not at its end before a place within it is looked for, and before one is made. */
const LONG_LINE = 1_024;
const MOST_HELD = 65_536;
/** What stands for a text without an end that may be a secret. */
const ENDLESS = maskOf('endless_text');

export class StreamMask {
  readonly #personal: boolean;
  readonly #keys = new PrivateKeyStage();
  #held = '';
  /** The last words that were shown: what comes next may be known by them. */
  #before = '';
  /** The line is looked at again when so much of it is there: ever more, so that time stays linear. */
  #next = LONG_LINE;
  /** Nothing is shown up to the first match of this. */
  #until: RegExp | undefined;
  /** Kinds of what was masked, each once. */
  readonly found = new Set<string>();

  constructor(personal = false) {
    this.#personal = personal;
  }

  /** Characters of what came that are not decided yet. */
  get held(): number {
    return this.#held.length + this.#keys.held;
  }

  push(text: string): string {
    return this.#read(this.#keys.push(text, this.found));
  }

  end(): string {
    const out = this.#read(this.#keys.end(this.found));
    const rest = this.#masked(this.#held);
    this.#held = '';
    return out + rest;
  }

  #read(text: string): string {
    const open = this.#left(text);
    if (open === '') return '';
    let out = '';
    const line = open.lastIndexOf('\n') + 1;
    if (line > 0) {
      out = this.#masked(this.#held + open.slice(0, line));
      this.#held = open.slice(line);
      this.#next = LONG_LINE;
    } else this.#held += open;
    while (this.#held.length >= this.#next) {
      const cut = cutWithin(this.#held, this.#personal);
      if (cut > 0) out += this.#take(cut);
      else if (this.#held.length >= MOST_HELD) out += this.#force();
      else {
        this.#next = Math.min(MOST_HELD, Math.ceil(this.#held.length * 1.5));
        break;
      }
      this.#next = Math.max(LONG_LINE, Math.ceil(this.#held.length * 1.5));
    }
    return out;
  }

  /** Without what is left out, which ends here or does not. */
  #left(text: string): string {
    if (this.#until === undefined) return text;
    const end = text.search(this.#until);
    if (end === -1) return '';
    this.#until = undefined;
    return text.slice(end);
  }

  #take(end: number): string {
    const out = this.#masked(this.#held.slice(0, end));
    this.#held = this.#held.slice(end);
    return out;
  }

  #force(): string {
    const { at, until } = forceCut(this.#held);
    const out = this.#take(at);
    if (until === undefined) return out;
    this.found.add('endless_text');
    this.#until = until;
    this.#held = '';
    return out + ENDLESS;
  }

  #masked(text: string): string {
    if (text === '') return text;
    const own = this.#personal ? maskPersonal(text, this.found) : text;
    const { found, text: masked } = maskSecrets(own, this.#before);
    this.#before = lastWords(this.#before + own);
    for (const kind of found) this.found.add(kind);
    return masked;
  }
}
