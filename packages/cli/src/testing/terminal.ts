/** For tests: a terminal whose lines are kept, with colours, as wide as asked. */
import pc from 'picocolors';
import type { Terminal } from '../terminal/terminal.ts';

export interface KeptTerminal extends Terminal {
  readonly lines: string[];
}

export function keptTerminal(width = Number.POSITIVE_INFINITY, colour = false): KeptTerminal {
  const lines: string[] = [];
  const terminal: KeptTerminal = {
    lines,
    interactive: true,
    colour: pc.createColors(colour),
    width,
    line: (text = '') => void lines.push(text),
    piece: (text) => void lines.push(text),
    json: (value) => void lines.push(JSON.stringify(value)),
    jsonLine: (value) => void lines.push(JSON.stringify(value)),
    note: (text) => void lines.push(text),
    toStderr: () => terminal,
  };
  return terminal;
}
