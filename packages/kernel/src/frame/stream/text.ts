/** A text in pieces as a frame shows it: secrets masked over the edges of the pieces, what base64 hides too; no half of a surrogate pair. */
import { wholeEnd } from '../characters.ts';
import { Base64Stage } from './base64-stage.ts';
import { StreamMask } from './mask.ts';

export class StreamText {
  readonly #mask: StreamMask;
  readonly #base64 = new Base64Stage();
  #half = '';

  constructor(personal = false) {
    this.#mask = new StreamMask(personal);
  }

  /** Kinds of what was masked, each once; whoever has told of them clears it. */
  get found(): Set<string> {
    return this.#mask.found;
  }

  push(text: string): string {
    const whole = this.#half + text;
    const cut = wholeEnd(whole, whole.length);
    this.#half = whole.slice(cut);
    const { found } = this.#mask;
    return this.#base64.push(this.#mask.push(whole.slice(0, cut).toWellFormed()), found);
  }

  end(): string {
    const { found } = this.#mask;
    const rest = this.#mask.push(this.#half.toWellFormed()) + this.#mask.end();
    this.#half = '';
    return this.#base64.push(rest, found) + this.#base64.end(found);
  }
}
