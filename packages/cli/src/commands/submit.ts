/** `portcullis submit`: one action, decided, journaled, executed if permitted. */
import { exitOf, printAnswer } from '../answer/print.ts';
import { requestFrom } from '../answer/request.ts';
import { withKernel } from '../connection/open.ts';
import { has, type Run } from '../context.ts';

export const run: Run = async (context, action = '', resource) => {
  const request = await requestFrom(context.options, action, resource);
  return withKernel(context, 'requester', async ({ kernel }) => {
    const result = await kernel.submit(request);
    if (has(context.options, 'json')) context.terminal.json(result);
    else printAnswer(context.terminal, result, `${action} ${resource ?? ''}`);
    return exitOf(result);
  });
};
