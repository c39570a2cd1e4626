/** `portcullis sessions show`: one session; without an id the credential's own. */
import { withKernel } from '../connection/open.ts';
import { has, type Run } from '../context.ts';
import { EXIT } from '../exit.ts';
import { facts } from '../terminal/facts.ts';
import { moment, whole } from '../terminal/numbers.ts';
import { printable } from '../terminal/printable.ts';

export const run: Run = (context, id) =>
  withKernel(context, id === undefined ? 'requester' : 'administrator', async ({ kernel }) => {
    const { terminal, options } = context;
    const session = await kernel.session(id);
    if (has(options, 'json')) {
      terminal.json(session);
      return EXIT.fine;
    }
    const { bold, yellow } = terminal.colour;
    terminal.line(bold(printable(session.id)));
    facts(terminal, [
      ['principal', printable(session.principal)],
      ['on behalf of', session.on_behalf_of && printable(session.on_behalf_of)],
      ['label', session.label && printable(session.label)],
      ['preset', session.preset && printable(session.preset)],
      ['opened', printable(moment(session.opened))],
      ['status', printable(session.status)],
      [
        'quarantine',
        session.quarantine === 'none' ? 'none' : yellow(printable(session.quarantine)),
      ],
      ['actions', `${whole(session.actions)}, ${whole(session.denied)} denied`],
      ...session.labels.map(
        (label) =>
          [
            'seen',
            printable(
              `${label.integrity}, ${label.confidentiality}: ${label.source} ${label.origin}`,
            ),
          ] as const,
      ),
    ]);
    return EXIT.fine;
  });
