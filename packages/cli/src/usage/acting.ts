/** What an agent does. */
import { Option } from 'commander';
import type { Declare } from './declare.ts';
import { asking, client, json, showing, whole } from './options.ts';

export function addActing({ root, add, runs }: Declare): void {
  runs(
    showing(asking(add(root, 'submit', 'Ask for one action, and run it if it is permitted.'))),
    () => import('../commands/acting/submit.ts'),
  );
  runs(
    asking(add(root, 'decide', 'Ask for a decision and a permit; nothing runs here.'))
      .addOption(
        new Option(
          '--execution <who>',
          'host: get a permit, and run it yourself; none: only check',
        ).choices(['host', 'none']),
      )
      .option('--audience <name>', 'who may redeem the permit'),
    () => import('../commands/acting/decide.ts'),
  );
  runs(
    showing(
      json(client(add(root, 'invoke <token>', 'Use a grant; @FILE reads its token, - stdin.'))),
    )
      .option('--args <json>', 'arguments as JSON; @FILE reads a file')
      .option('--session <id>', 'session to act in (default: the standing one)')
      .option('--justification <text>', 'why, for the record')
      .option('--idempotency-key <key>', 'run at most once in 24 h for this key and action')
      .option('--proof-key <file>', 'the private key that the token names, PEM'),
    () => import('../commands/acting/invoke.ts'),
  );
  runs(
    json(client(add(root, 'resume <id>', 'Ask again for a held action, once it is approved.'))),
    () => import('../commands/acting/resume.ts'),
  );
  runs(
    client(add(root, 'expand <handle>', 'Show a page of what a handle names, as JSON.'))
      .option('--offset <n>', 'rows to skip', whole(0, 999_999_999))
      .option('--limit <n>', 'rows at most', whole(1, 10_000))
      .option('--fields <name...>', 'only these members')
      .option(
        '--where <member=value...>',
        'rows whose member is this text, or with := this JSON value',
      ),
    () => import('../commands/acting/expand.ts'),
  );
}
