/** Offsets of a text as lines and columns, both 1-based, columns in UTF-16 units. */
import { firstWhere } from '../../first-where.ts';
import type { Position } from './diagnostics.ts';

export class Lines {
  readonly #starts: number[] = [0];

  constructor(text: string) {
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) {
      this.#starts.push(at + 1);
    }
  }

  at(offset: number): Position {
    const line = firstWhere(1, this.#starts.length, (at) => (this.#starts[at] as number) > offset);
    return { line, column: offset - (this.#starts[line - 1] as number) + 1 };
  }
}
