/** Who may ask. */
import type { Declare } from './declare.ts';
import { json, kindOption, sidecar } from './options.ts';

export function addKeys({ root, add, runs }: Declare): void {
  const keys = add(root, 'keys', 'Create, list, rotate and revoke API keys.');
  runs(
    json(sidecar(add(keys, 'create', 'Create a key. It is shown once.')))
      .requiredOption('--principal <id>', 'whom the key stands for')
      .addOption(kindOption())
      .option('--roles <role...>', 'roles of the principal')
      .option(
        '--rights <right...>',
        'rights of the key (default: submit, decide, outcomes, explain)',
      )
      .option('--label <text>', 'a name for people')
      .option('--expires <time>', 'RFC 3339, or in how long: 30d (default: never)')
      .option('--may-assert-principals <id...>', 'principals it may act as')
      .option('--may-assert-roles <role...>', 'roles it may act with')
      .option('--may-assert-on-behalf-of <id...>', 'users it may act for')
      .option('--may-assert-context <field...>', 'context fields it may state')
      .option('--may-assert-user-turns', 'it may pass on what the user says')
      .option('--certificate <file>', 'client certificate, PEM: the key opens nothing without it'),
    () => import('../commands/keys/create.ts'),
  );
  runs(
    json(sidecar(add(keys, 'list', 'List keys, without their secrets.'))),
    () => import('../commands/keys/list.ts'),
  );
  runs(
    json(sidecar(add(keys, 'rotate <id>', 'Give a key a new secret; the old one ends at once.'))),
    () => import('../commands/keys/rotate.ts'),
  );
  runs(
    json(sidecar(add(keys, 'revoke <id>', 'End a key at once.'))),
    () => import('../commands/keys/revoke.ts'),
  );
}
