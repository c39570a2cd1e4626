/** `portcullis submit`: one action, decided, journaled, executed if permitted; with `--stream` its result as it comes. */
import type { ActionRequest, Kernel, Result } from '@portcullis/wire';
import { dataText, exitOf, printAnswer } from '../answer/print.ts';
import { requestFrom } from '../answer/request.ts';
import { withKernel } from '../connection/open.ts';
import { has, type Run } from '../context.ts';
import { printableLines } from '../terminal/printable.ts';
import type { Terminal } from '../terminal/terminal.ts';

export const run: Run = async (context, action = '', resource) => {
  const { options, terminal } = context;
  const request = await requestFrom(options, action, resource);
  const asked = `${action} ${resource ?? ''}`;
  return withKernel(context, 'requester', async ({ kernel }) => {
    if (has(options, 'stream'))
      return exitOf(await streamed(kernel, request, terminal, has(options, 'json'), asked));
    const result = await kernel.submit(request);
    if (has(options, 'json')) terminal.json(result);
    else printAnswer(terminal, result, asked);
    return exitOf(result);
  });
};

/** Texts follow on each other as they came; anything else is a value on its line. */
async function streamed(
  kernel: Kernel,
  request: ActionRequest,
  terminal: Terminal,
  json: boolean,
  asked: string,
): Promise<Result> {
  let last: Result | undefined;
  for await (const frame of kernel.submitStream(request)) {
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
