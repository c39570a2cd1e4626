/** `portcullis invoke`: uses a grant. The operation is the token's; the arguments are given here. */
import { exitOf, printAnswer } from '../../answer/print.ts';
import { proven } from '../../answer/proof-key.ts';
import { invocationFrom } from '../../answer/request.ts';
import { streamed } from '../../answer/streamed.ts';
import { withKernel } from '../../connection/open.ts';
import { has, type Run } from '../../context.ts';

export const run: Run = async (context, token = '') => {
  const { options, terminal } = context;
  const asked = await invocationFrom(options, token);
  return withKernel(context, 'requester', async ({ kernel }) => {
    const request = await proven(options, asked);
    if (has(options, 'stream'))
      return exitOf(
        await streamed(kernel.invokeStream(request), terminal, has(options, 'json'), 'invoke'),
      );
    const result = await kernel.invoke(request);
    if (has(options, 'json')) terminal.json(result);
    else printAnswer(terminal, result, 'invoke');
    return exitOf(result);
  });
};
