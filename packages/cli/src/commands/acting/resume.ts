/** `portcullis resume`: takes a held action up as it was asked; the gate decides again, with what people said as a fact. */
import { exitOf, printAnswer } from '../../answer/print.ts';
import { withKernel } from '../../connection/open.ts';
import { has, type Run } from '../../context.ts';

export const run: Run = (context, id = '') =>
  withKernel(context, 'requester', async ({ kernel }) => {
    const result = await kernel.resume(id);
    if (has(context.options, 'json')) context.terminal.json(result);
    else printAnswer(context.terminal, result, result.action?.name ?? id);
    return exitOf(result);
  });
