/** A result on the terminal as it comes. */
import type { Result, StreamFrame } from '@portcullis/wire';
import { printableLines } from '../terminal/printable.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { dataText, printAnswer } from './print.ts';

/** Texts follow on each other as they came; anything else is a value on its line. */
export async function streamed(
  frames: AsyncIterable<StreamFrame>,
  terminal: Terminal,
  json: boolean,
  asked: string,
): Promise<Result> {
  let last: Result | undefined;
  for await (const frame of frames) {
    const { data, result } = frame;
    if (result !== undefined) last = result;
    if (json) terminal.jsonLine(frame);
    else if (typeof data === 'string') terminal.piece(printableLines(data));
    else if (data !== null) terminal.line(dataText(data));
    if (result !== undefined && !json) printAnswer(terminal, { ...result, frame }, asked, true);
  }
  if (last === undefined) throw new Error('the stream ended without its last frame');
  return last;
}
