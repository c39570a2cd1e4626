/** `portcullis freeze`: one command that denies everything until it is lifted, across restarts. */
import { withKernel } from '../connection/open.ts';
import { has, type Run, textOption } from '../context.ts';
import { EXIT } from '../exit.ts';

export const run: Run = (context) =>
  withKernel(context, 'administrator', async ({ kernel }) => {
    const { terminal, options } = context;
    const on = !has(options, 'lift');
    const reason = textOption(options, 'reason') ?? `portcullis freeze${on ? '' : ' --lift'}`;
    const status = await kernel.freeze(on, reason);
    if (has(options, 'json')) terminal.json(status);
    else if (status.frozen) {
      terminal.line(
        `${terminal.colour.red('frozen')}: everything is denied until portcullis freeze --lift`,
      );
    } else terminal.line('lifted: decisions are made again');
    return EXIT.fine;
  });
