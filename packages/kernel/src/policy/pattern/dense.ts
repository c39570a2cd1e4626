/**
 * A whole deterministic automaton for a pattern, as one table: a few instructions a character, whatever the text. Built from the
 * engine's own program by the subset construction (Rabin and Scott, 1959), state by state through the engine's lazy automaton;
 * a pattern that needs more than the table holds has none.
 */
import type { RE2JS } from 're2js';

const MOST_ENTRIES = 16_384;
const UNANCHORED = 0;
const END_TEXT = -1;
/** The engine's flags for the start of a text: begin-line and begin-text. */
const AT_START = 5;

export interface DenseTable {
  readonly states: number;
  test(text: string): boolean;
}

interface State {
  readonly isMatch: boolean;
}

export function denseTable(pattern: RE2JS): DenseTable | undefined {
  const { dfa } = pattern.re2Input;
  const start = dfa.failed ? null : (dfa.start({ context: () => AT_START }, 0) as State | null);
  if (start === null) return undefined;
  const bounds = Array.from(dfa.classBounds);
  const width = dfa.numClasses + 1;
  const numbers = new Map<State, number>([[start, 0]]);
  const states: State[] = [start];
  const next: number[] = [];
  for (let at = 0; at < states.length; at++) {
    if ((at + 1) * width > MOST_ENTRIES) return undefined;
    for (let cls = 0; cls < width; cls++) {
      const rune = cls === width - 1 ? END_TEXT : cls === 0 ? 0 : (bounds[cls - 1] as number);
      const to = dfa.step(states[at], cls, rune, UNANCHORED) as State | null;
      if (to === null) return undefined;
      let number = numbers.get(to);
      if (number === undefined) {
        // What follows the end of the text is never stepped from.
        number = states.length;
        numbers.set(to, number);
        states.push(to);
      }
      next.push(number);
    }
  }
  return table(states, next, bounds, width);
}

function table(
  states: readonly State[],
  next: readonly number[],
  bounds: readonly number[],
  width: number,
): DenseTable {
  const rows = Int32Array.from(next, (state) => state * width);
  const accepts = new Uint8Array(states.length * width);
  states.forEach((state, at) => {
    if (state.isMatch) accepts[at * width] = 1;
  });
  const ascii = Uint16Array.from({ length: 128 }, (_, rune) => classOf(bounds, rune));
  return {
    states: states.length,
    test(text) {
      let row = 0;
      for (let i = 0; i < text.length; i++) {
        let rune = text.charCodeAt(i);
        let cls: number;
        if (rune < 128) {
          cls = ascii[rune] as number;
        } else {
          if (rune >= 0xd800 && rune <= 0xdbff) {
            rune = text.codePointAt(i) as number;
            if (rune > 0xffff) i++;
          }
          cls = classOf(bounds, rune);
        }
        row = rows[row + cls] as number;
        if (accepts[row] === 1) return true;
      }
      return accepts[rows[row + width - 1] as number] === 1;
    },
  };
}

/** How many bounds are at or below the rune. */
function classOf(bounds: readonly number[], rune: number): number {
  let low = 0;
  let high = bounds.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((bounds[middle] as number) <= rune) low = middle + 1;
    else high = middle;
  }
  return low;
}
