/**
 * Where the command writes. Colours only on a terminal and where NO_COLOR does not forbid them; a reader that goes away
 * (`| head`) ends the command quietly.
 */
import pc from 'picocolors';
import { guarded, printableJson } from './printable.ts';

export type Colours = ReturnType<typeof pc.createColors>;

export interface Terminal {
  /** Whether a person watches this stream. */
  readonly interactive: boolean;
  readonly colour: Colours;
  /** Columns of the terminal; unbounded in a pipe. */
  readonly width: number;
  /** One line, or lines. */
  line(text?: string): void;
  /** A piece of a text, and no line. */
  piece(text: string): void;
  json(value: unknown): void;
  /** One JSON value on one line. */
  jsonLine(value: unknown): void;
  /** One line to stderr: progress, announcements, errors. */
  note(text: string): void;
  /** The same on stderr: what is about the answer and not the answer. */
  toStderr(): Terminal;
}

const wantsColour = (stream: Pick<NodeJS.WriteStream, 'isTTY'>): boolean =>
  !process.env.NO_COLOR &&
  process.env.TERM !== 'dumb' &&
  (stream.isTTY === true || Boolean(process.env.FORCE_COLOR));

let outlives = false;

/** From here on a reader that goes away is no reason to end: a server has others. */
export function outliveReaders(): void {
  outlives = true;
}

export function openTerminal(): Terminal {
  const { stdout, stderr } = process;
  for (const stream of [stdout, stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
      if (!outlives) process.exit();
    });
  }
  return terminalOn(stdout, stderr);
}

type Stream = Pick<NodeJS.WriteStream, 'isTTY' | 'columns'> & { write(text: string): unknown };

export function terminalOn(stream: Stream, stderr: Stream): Terminal {
  const write = (text: string): void => void stream.write(`${guarded(text)}\n`);
  return {
    interactive: stream.isTTY === true,
    colour: pc.createColors(wantsColour(stream)),
    width: stream.isTTY === true ? stream.columns || 80 : Number.POSITIVE_INFINITY,
    line: (text = '') => write(text),
    piece: (text) => void stream.write(guarded(text)),
    json: (value) => write(printableJson(JSON.stringify(value, null, 2))),
    jsonLine: (value) => write(printableJson(JSON.stringify(value))),
    note: (text) => void stderr.write(`${guarded(text)}\n`),
    toStderr: () => terminalOn(stderr, stderr),
  };
}
