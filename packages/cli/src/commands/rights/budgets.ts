/** `portcullis budgets`: what was taken of each budget, and what is left. */
import type { BudgetView } from '@portcullis/wire';
import { withKernel } from '../../connection/open.ts';
import { has, type Run } from '../../context.ts';
import { EXIT } from '../../exit.ts';
import { safe } from '../../terminal/printable.ts';
import { table } from '../../terminal/table.ts';

export const run: Run = (context) =>
  withKernel(context, 'administrator', async ({ kernel }) => {
    const { terminal, options } = context;
    const found = await kernel.budgets();
    if (has(options, 'json')) {
      terminal.json(found);
      return EXIT.fine;
    }
    if (found.length === 0) terminal.note('the policy has no budgets');
    table(terminal, {
      columns: [
        { title: 'budget' },
        { title: 'of' },
        { title: 'whose', gives: true },
        { title: 'used', align: 'right' },
        { title: 'left', align: 'right' },
      ],
      rows: safe(found).map(rowOf),
    });
    return EXIT.fine;
  });

const rowOf = ({ name, of, subject, used, remaining }: BudgetView): string[] => [
  name,
  of,
  Object.entries(subject)
    .map(([part, value]) => `${part} ${value}`)
    .join(', ') || 'everybody',
  String(used),
  String(remaining),
];
