/** `portcullis approvals watch`: says what begins to wait, and what becomes of it, until it is interrupted. */
import { withKernel } from '../../connection/open.ts';
import { has, type Run } from '../../context.ts';
import { EXIT } from '../../exit.ts';
import { untilInterrupted } from '../../terminal/interrupt.ts';
import { moment } from '../../terminal/numbers.ts';
import { safe } from '../../terminal/printable.ts';

export const run: Run = (context) =>
  withKernel(context, 'administrator', async ({ kernel }) => {
    const { terminal, options } = context;
    for await (const event of kernel.events({ signal: untilInterrupted() })) {
      if (event.type !== 'approval') continue;
      const { at, id, change, action } = safe(event) as Record<string, string>;
      if (has(options, 'json')) terminal.jsonLine(event);
      else terminal.line(`${moment(at ?? '')}  ${change}  ${id}  ${action}`);
    }
    return EXIT.fine;
  });
