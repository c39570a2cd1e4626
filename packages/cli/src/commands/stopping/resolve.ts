/** `portcullis resolve`: a person says what became of an action whose outcome nobody knows. */
import { withKernel } from '../../connection/open.ts';
import { has, type Run } from '../../context.ts';
import { EXIT, UsageError } from '../../exit.ts';
import { printable } from '../../terminal/printable.ts';

export const run: Run = (context, id = '') => {
  const { terminal, options } = context;
  const happened = has(options, 'happened');
  if (!happened && !has(options, 'not')) {
    throw new UsageError('say which: --happened or --not');
  }
  return withKernel(context, 'administrator', async ({ kernel }) => {
    const explanation = await kernel.resolve(id, happened ? 'happened' : 'not');
    if (has(options, 'json')) terminal.json(explanation);
    else {
      terminal.line(
        `${printable(explanation.action)} ${printable(explanation.resource ?? '')} ${happened ? 'happened' : 'did not happen'}: recorded`,
      );
    }
    return EXIT.fine;
  });
};
