/** `portcullis sessions endorse` and `declassify`: a person vouches for a value of a session, or calls it public. */
import { withKernel } from '../../connection/open.ts';
import { has, type Run, textOption } from '../../context.ts';
import { EXIT } from '../../exit.ts';

const vouch =
  (verb: 'endorse' | 'declassify'): Run =>
  (context, id = '', value = '') =>
    withKernel(context, 'administrator', async ({ kernel }) => {
      const { terminal, options } = context;
      const reason = textOption(options, 'reason') ?? `portcullis sessions ${verb}`;
      const session = await kernel[verb](id, { value, reason });
      if (has(options, 'json')) terminal.json(session);
      else
        terminal.line(
          verb === 'endorse'
            ? 'endorsed: it counts as typed by the user in this session'
            : 'declassified: it is public in this session',
        );
      return EXIT.fine;
    });

export const endorse = vouch('endorse');
export const declassify = vouch('declassify');
