/** `portcullis sessions list`: the sessions that acted last, counted from the newest records of the journal. */
import { withKernel } from '../../connection/open.ts';
import { has, numberOption, type Run } from '../../context.ts';
import { EXIT } from '../../exit.ts';
import { latestSessions } from '../../log/sessions.ts';
import { moment, whole } from '../../terminal/numbers.ts';
import { safe } from '../../terminal/printable.ts';
import { table } from '../../terminal/table.ts';

export const run: Run = (context) =>
  withKernel(context, 'administrator', async ({ kernel }) => {
    const { terminal, options } = context;
    const sessions = await latestSessions(kernel, numberOption(options, 'limit') ?? 20);
    if (has(options, 'json')) {
      terminal.json(sessions);
      return EXIT.fine;
    }
    if (sessions.length === 0) terminal.note('no sessions');
    const { red } = terminal.colour;
    table(terminal, {
      columns: [
        { title: 'session' },
        { title: 'principal', gives: true },
        { title: 'last action' },
        { title: 'actions', align: 'right' },
        { title: 'denied', align: 'right' },
      ],
      rows: safe(sessions).map((session) => [
        session.id,
        session.principal,
        moment(session.last),
        whole(session.actions),
        whole(session.denied),
      ]),
      paint: (cell, column, row) =>
        column === 4 && (sessions[row]?.denied ?? 0) > 0 ? red(cell) : cell,
    });
    return EXIT.fine;
  });
