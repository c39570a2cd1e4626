/** `portcullis approvals list`: what waits for people, oldest first. */
import type { Approval, ApprovalStatus } from '@portcullis/wire';
import { withKernel } from '../../connection/open.ts';
import { has, numberOption, type Run, textOption } from '../../context.ts';
import { EXIT } from '../../exit.ts';
import { moment } from '../../terminal/numbers.ts';
import { safe } from '../../terminal/printable.ts';
import { table } from '../../terminal/table.ts';

export const run: Run = (context) =>
  withKernel(context, 'administrator', async ({ kernel }) => {
    const { terminal, options } = context;
    const status = textOption(options, 'status') ?? 'open';
    const found = await kernel.approvals({
      limit: numberOption(options, 'limit') ?? 100,
      ...(status === 'all' ? {} : { status: status as ApprovalStatus }),
    });
    if (has(options, 'json')) {
      terminal.json(found);
      return EXIT.fine;
    }
    if (found.length === 0)
      terminal.note(status === 'open' ? 'nothing waits' : 'no held action matches');
    table(terminal, {
      columns: [
        { title: 'id' },
        { title: 'status' },
        { title: 'principal' },
        { title: 'action', gives: true },
        { title: 'requested' },
      ],
      rows: safe(found).map(rowOf),
    });
    return EXIT.fine;
  });

const rowOf = (held: Approval): string[] => [
  held.id,
  held.status,
  held.principal,
  `${held.action.name} ${held.action.resource}`,
  moment(held.requested),
];
