/** `portcullis decide`: a decision, and for the host a permit; nothing is executed here. */
import { exitOf, printAnswer } from '../../answer/print.ts';
import { requestFrom } from '../../answer/request.ts';
import { withKernel } from '../../connection/open.ts';
import { has, type Run, textOption } from '../../context.ts';

export const run: Run = async (context, action = '', resource) => {
  const { options, terminal } = context;
  const request = await requestFrom(options, action, resource);
  const execution = textOption(options, 'execution');
  const audience = textOption(options, 'audience');
  return withKernel(context, 'requester', async ({ kernel }) => {
    const result = await kernel.decide({
      ...request,
      ...(execution === 'host' || execution === 'none' ? { execution } : {}),
      ...(audience === undefined ? {} : { audience }),
    });
    if (has(options, 'json')) terminal.json(result);
    else printAnswer(terminal, result, `${action} ${resource ?? ''}`);
    return exitOf(result);
  });
};
