/** `portcullis freeze`: one command that denies everything until it is lifted, across restarts. */

import type { KernelStatus } from '@portcullis/wire';
import { withKernel } from '../../connection/open.ts';
import { has, type Run, textOption } from '../../context.ts';
import { EXIT } from '../../exit.ts';

export const run: Run = (context) =>
  withKernel(context, 'administrator', async ({ kernel }) => {
    const { terminal, options } = context;
    const on = !has(options, 'lift');
    const reason = textOption(options, 'reason') ?? `portcullis freeze${on ? '' : ' --lift'}`;
    const status = await kernel.freeze(on, reason);
    if (has(options, 'json')) terminal.json(status);
    else if (!status.frozen) terminal.line('lifted: decisions are made again');
    else {
      const { red } = terminal.colour;
      const lifter = on ? 'portcullis freeze --lift' : 'who froze every tenant lifts that';
      terminal.line(`${red('frozen')}: everything${frozenFor(status)} is denied until ${lifter}`);
    }
    return EXIT.fine;
  });

/** Of what everything is denied. */
export const frozenFor = ({ freezes }: KernelStatus): string =>
  freezes.includes('all') ? '' : ' of this tenant';
