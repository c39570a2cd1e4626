/** `portcullis sessions quarantine` and `release`: a person takes freedom from a session, or gives it back to another's. */
import type { Quarantine } from '@portcullis/wire';
import { withKernel } from '../../connection/open.ts';
import { has, type Run, textOption } from '../../context.ts';
import { EXIT } from '../../exit.ts';

/** A new quarantine stops all that reaches out; a release leaves none. */
const run =
  (verb: 'quarantine' | 'release', usual: Quarantine): Run =>
  (context, id = '') =>
    withKernel(context, 'administrator', async ({ kernel }) => {
      const { terminal, options } = context;
      const level = (textOption(options, 'level') ?? usual) as Quarantine;
      const reason = textOption(options, 'reason') ?? `portcullis sessions ${verb}`;
      const session = await kernel.quarantine(id, level, reason);
      if (has(options, 'json')) terminal.json(session);
      else terminal.line(`${session.id} has quarantine ${session.quarantine}`);
      return EXIT.fine;
    });

export const quarantine = run('quarantine', 'isolated');
export const release = run('release', 'none');
