/** `portcullis sessions show`: one session; without an id the credential's own. */
import { labelText } from '../../answer/words.ts';
import { withKernel } from '../../connection/open.ts';
import { has, type Run } from '../../context.ts';
import { EXIT } from '../../exit.ts';
import { facts } from '../../terminal/facts.ts';
import { moment, whole } from '../../terminal/numbers.ts';
import { safe } from '../../terminal/printable.ts';

export const run: Run = (context, id) =>
  withKernel(context, id === undefined ? 'requester' : 'administrator', async ({ kernel }) => {
    const { terminal, options } = context;
    const found = await kernel.session(id);
    if (has(options, 'json')) {
      terminal.json(found);
      return EXIT.fine;
    }
    const session = safe(found);
    const { bold, yellow } = terminal.colour;
    terminal.line(bold(session.id));
    facts(terminal, [
      ['principal', session.principal],
      ['on behalf of', session.on_behalf_of],
      ['label', session.label],
      ['preset', session.preset],
      ['parent', session.parent],
      ['opened', moment(session.opened)],
      ['status', session.status],
      ['quarantine', session.quarantine === 'none' ? 'none' : yellow(session.quarantine)],
      ['actions', `${whole(session.actions)}, ${whole(session.denied)} denied`],
      ...session.labels.map((label) => ['seen', labelText(label)] as const),
    ]);
    return EXIT.fine;
  });
