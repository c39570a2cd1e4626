/** What agents were given, and have left. */
import type { Declare } from './declare.ts';
import { client, json, whole } from './options.ts';

export function addRights({ root, add, runs }: Declare): void {
  const grants = add(root, 'grants', 'Ask for, list and revoke grants.');
  runs(
    json(client(add(grants, 'ask [capability]', 'Ask for a grant; its token goes to stdout.')))
      .option('--constraints <json>', 'caveats, and ttl in seconds; @FILE reads a file')
      .option('--justification <text>', 'why, for the rules that ask and the record')
      .option('--session <id>', 'session to ask in (default: the standing one)')
      .option('--proof-key <file>', 'a key that each use has to be signed with, PEM')
      .option('--delegate-to <id>', 'for another principal, out of the grant of --token')
      .option('--token <token>', 'the grant to delegate; @FILE reads it, - stdin'),
    () => import('../commands/rights/grants-ask.ts'),
  );
  runs(
    json(client(add(grants, 'list', 'List live grants, oldest first.')))
      .option('--principal <id>', 'of one principal')
      .option('--capability <id>', 'for one capability')
      .option('--limit <n>', 'at most this many', whole(1, 1000), 100),
    () => import('../commands/rights/grants-list.ts'),
  );
  runs(
    json(client(add(grants, 'revoke [id]', 'Revoke a grant, with all that was delegated from it.')))
      .option('--principal <id>', 'all grants of one principal')
      .option('--capability <id>', 'all grants for one capability')
      .option('--block <id>', 'every token that holds this block')
      .option('--reason <text>', 'for the journal'),
    () => import('../commands/rights/grants-revoke.ts'),
  );

  runs(
    json(client(add(root, 'budgets', 'Show what is used of each budget, and what is left.'))),
    () => import('../commands/rights/budgets.ts'),
  );

  const capabilities = add(
    root,
    'capabilities',
    'Find, register, approve and delete what agents may ask for.',
  );
  runs(
    json(
      client(add(capabilities, 'list', 'List all capabilities, and those that wait for approval.')),
    ),
    async () => ({ run: (await import('../commands/rights/capabilities.ts')).list }),
  );
  runs(
    json(client(add(capabilities, 'search <words...>', 'Find what fits a goal, best first.')))
      .option('--tags <tag...>', 'with all of these tags')
      .option('--limit <n>', 'at most this many', whole(1, 100), 10),
    async () => ({ run: (await import('../commands/rights/capabilities.ts')).search }),
  );
  runs(
    json(client(add(capabilities, 'put <file>', 'Register the definitions in a file.'))),
    async () => ({ run: (await import('../commands/rights/capabilities.ts')).put }),
  );
  runs(
    json(client(add(capabilities, 'approve <id> <digest>', 'Approve a changed definition.'))),
    async () => ({ run: (await import('../commands/rights/capabilities.ts')).approve }),
  );
  runs(
    json(client(add(capabilities, 'delete <id>', 'Delete what was registered; its grants fall.'))),
    async () => ({ run: (await import('../commands/rights/capabilities.ts')).remove }),
  );
}
