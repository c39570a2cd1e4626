/** What ends or settles something. */
import { Option } from 'commander';
import type { Declare } from './declare.ts';
import { client, json } from './options.ts';

export function addStopping({ root, add, runs }: Declare): void {
  runs(
    json(client(add(root, 'freeze', 'Deny everything until lifted, even across restarts.')))
      .option('--lift', 'end the freeze')
      .option('--reason <text>', 'for the journal'),
    () => import('../commands/stopping/freeze.ts'),
  );
  runs(
    json(
      client(
        add(
          root,
          'invalidate [target] [id]',
          'End a session, principal or role at once; without arguments, list the ended.',
        ),
      ),
    )
      .option('--lift', 'restore it')
      .option('--reason <text>', 'for the journal'),
    () => import('../commands/stopping/invalidate.ts'),
  );
  runs(
    json(client(add(root, 'resolve <id>', 'Settle an action whose outcome is unknown.')))
      .addOption(new Option('--happened', 'it took effect').conflicts('not'))
      .option('--not', 'it did not take effect'),
    () => import('../commands/stopping/resolve.ts'),
  );
}
