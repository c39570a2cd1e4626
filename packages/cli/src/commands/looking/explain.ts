/** `portcullis explain`: the story of one action, from who asked to what came of it. */

import { printExplanation } from '../../answer/explanation.ts';
import { withKernel } from '../../connection/open.ts';
import { has, type Run } from '../../context.ts';
import { EXIT } from '../../exit.ts';

export const run: Run = (context, id = '') =>
  withKernel(context, 'administrator', async ({ kernel }) => {
    const explanation = await kernel.explain(id);
    if (has(context.options, 'json')) context.terminal.json(explanation);
    else printExplanation(context.terminal, explanation);
    return EXIT.fine;
  });
