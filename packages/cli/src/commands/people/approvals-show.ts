/** `portcullis approvals show`: one held action, as an approver sees it. */
import { printApproval } from '../../answer/approval.ts';
import { withKernel } from '../../connection/open.ts';
import { has, type Run } from '../../context.ts';
import { EXIT } from '../../exit.ts';

export const run: Run = (context, id = '') =>
  withKernel(context, 'administrator', async ({ kernel }) => {
    const held = await kernel.approval(id);
    if (has(context.options, 'json')) context.terminal.json(held);
    else printApproval(context.terminal, held);
    return EXIT.fine;
  });
