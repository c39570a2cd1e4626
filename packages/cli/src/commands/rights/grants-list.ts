/** `portcullis grants list`: the grants that are live, whose they are, and how much of each is used. */
import type { GrantQuery, GrantView } from '@portcullis/wire';
import { withKernel } from '../../connection/open.ts';
import { has, numberOption, type Run, textOption } from '../../context.ts';
import { EXIT } from '../../exit.ts';
import { moment, whole } from '../../terminal/numbers.ts';
import { safe } from '../../terminal/printable.ts';
import { table } from '../../terminal/table.ts';

export const run: Run = (context) =>
  withKernel(context, 'administrator', async ({ kernel }) => {
    const { terminal, options } = context;
    const { grants } = await kernel.grants(queryOf(options));
    if (has(options, 'json')) {
      terminal.json(grants);
      return EXIT.fine;
    }
    if (grants.length === 0) terminal.note('no live grants');
    const { red } = terminal.colour;
    table(terminal, {
      columns: [
        { title: 'grant' },
        { title: 'principal', gives: true },
        { title: 'capability', gives: true },
        { title: 'expires' },
        { title: 'used', align: 'right' },
        { title: 'state' },
      ],
      rows: safe(grants).map(rowOf),
      paint: (cell, column, row) =>
        column === 5 && grants[row]?.revoked === true ? red(cell) : cell,
    });
    return EXIT.fine;
  });

const rowOf = (grant: GrantView): string[] => [
  grant.id,
  grant.principal,
  grant.capability,
  moment(new Date(grant.expires).toISOString()),
  `${whole(grant.used)} of ${whole(grant.uses)}`,
  grant.revoked ? 'revoked' : grant.used < grant.uses ? 'live' : 'used up',
];

function queryOf(options: Parameters<Run>[0]['options']): GrantQuery {
  const principal = textOption(options, 'principal');
  const capability = textOption(options, 'capability');
  return {
    limit: numberOption(options, 'limit') ?? 100,
    ...(principal === undefined ? {} : { principal }),
    ...(capability === undefined ? {} : { capability }),
  };
}
