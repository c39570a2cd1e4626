/** `portcullis submit`: one action, decided, journaled, executed if permitted; with `--stream` its result as it comes. */
import { exitOf, printAnswer } from '../../answer/print.ts';
import { requestFrom } from '../../answer/request.ts';
import { streamed } from '../../answer/streamed.ts';
import { withKernel } from '../../connection/open.ts';
import { has, type Run } from '../../context.ts';

export const run: Run = async (context, action = '', resource) => {
  const { options, terminal } = context;
  const request = await requestFrom(options, action, resource);
  const asked = `${action} ${resource ?? ''}`;
  return withKernel(context, 'requester', async ({ kernel }) => {
    if (has(options, 'stream'))
      return exitOf(
        await streamed(kernel.submitStream(request), terminal, has(options, 'json'), asked),
      );
    const result = await kernel.submit(request);
    if (has(options, 'json')) terminal.json(result);
    else printAnswer(terminal, result, asked);
    return exitOf(result);
  });
};
