/** `portcullis status`: how the kernel is, in one screen. */
import type { Kernel } from '@portcullis/wire';
import { withKernel } from '../../connection/open.ts';
import { has, type Run } from '../../context.ts';
import { EXIT } from '../../exit.ts';
import { facts } from '../../terminal/facts.ts';
import { counted, whole } from '../../terminal/numbers.ts';
import { safe } from '../../terminal/printable.ts';
import { frozenFor } from '../stopping/freeze.ts';

/** Where the policy comes from, in words. */
const SOURCES: Readonly<Record<string, string>> = {
  file: 'from a file',
  managed: 'managed over HTTP',
  code: 'built in, or given at start',
};

export const run: Run = (context) =>
  withKernel(context, 'administrator', async ({ kernel }) => {
    const { terminal } = context;
    const answer = await kernel.status();
    if (has(context.options, 'json')) {
      terminal.json(answer);
      return EXIT.fine;
    }
    const pending = await pendingError(kernel);
    const status = safe(answer);
    const { green, yellow, red, bold } = terminal.colour;
    const attention = (count: number, text: string): string => (count > 0 ? yellow(text) : text);
    terminal.line(bold(`portcullis ${status.version}`));
    facts(terminal, [
      [
        'mode',
        status.mode === 'enforce' ? green('enforce') : yellow('observe: nothing is held back'),
      ],
      ['frozen', status.frozen ? red(`yes: everything${frozenFor(status)} is denied`) : 'no'],
      [
        'policy',
        `${status.policy.digest} (${counted(status.policy.rules, 'rule')}, ${SOURCES[status.policy.source] ?? status.policy.source})`,
      ],
      ...(pending === undefined
        ? []
        : [
            ['', red(`its file does not load, this one stays in force: ${safe(pending)}`)] as const,
          ]),
      ['sandbox', status.sandbox === 'required' ? green('required') : yellow(status.sandbox)],
      ['durability', status.durability],
      [
        'journal',
        status.journal.writable
          ? `${counted(status.journal.seq, 'record')}, ${status.journal.id}`
          : red('cannot be written: everything is denied'),
      ],
      ['sessions', whole(status.sessions)],
      ['held', attention(status.held, counted(status.held, 'action'))],
      [
        'unknown',
        attention(
          status.unknown,
          status.unknown > 0
            ? `${counted(status.unknown, 'action')}: portcullis log --status unknown not_reported`
            : counted(0, 'action'),
        ),
      ],
      ...status.limits.map((limit) => ['limit', yellow(limit)] as const),
    ]);
    return EXIT.fine;
  });

/** Why the policy's file is not in force, for who may see policies: the status itself is for everybody. */
const pendingError = (kernel: Kernel): Promise<string | undefined> =>
  kernel.policy().then(
    ({ pending_error }) => pending_error,
    (error: unknown) => {
      if ((error as { code?: unknown }).code === 'forbidden') return undefined;
      throw error;
    },
  );
