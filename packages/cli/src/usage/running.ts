/** What runs a sidecar, or shows and sets up one. */
import { Option } from 'commander';
import type { Declare } from './declare.ts';
import { client, hosting, json, located } from './options.ts';

export function addRunning({ root, add, runs }: Declare): void {
  runs(
    hosting(add(root, 'serve', 'Start the sidecar and keep it running.')),
    () => import('../commands/running/serve.ts'),
  ).addOption(new Option('--private').hideHelp());
  runs(
    add(root, 'gates', 'Hold the own-policy gates of one program.', { hidden: true }),
    () => import('../commands/running/gates.ts'),
  );
  runs(
    add(
      root,
      'demo',
      'Watch an agent meet a hostile page, the gate and its journal. Twenty seconds.',
    ),
    () => import('../commands/running/demo.ts'),
  );
  runs(
    json(
      located(
        add(
          root,
          'simulate [scenarios...]',
          'Try known attacks on a policy, and show what gets through.',
        ),
      ),
    )
      .option('--policy <file>', 'policy document (default: the configured one)')
      .option('--preset <name>', 'a policy that comes with Portcullis')
      .option('--list', 'list the scenarios, and run none'),
    () => import('../commands/running/simulate.ts'),
  );
  runs(
    add(root, 'init', 'Ask a few questions, then write a commented portcullis.yaml and a policy.')
      .option('--dir <dir>', 'where to write', '.')
      .option(
        '--policy <name>',
        'the worked policy to start from: restrictive, example or permissive',
      )
      .option('--yes', 'ask nothing and take the defaults')
      .option('--force', 'overwrite existing files'),
    () => import('../commands/running/init.ts'),
  );
  runs(
    json(
      client(add(root, 'status', 'Show mode, policy and journal, and what is held or unknown.')),
    ),
    () => import('../commands/running/status.ts'),
  );
  runs(
    json(
      hosting(
        add(root, 'config', 'Show every setting, its value, and where the value comes from.'),
      ),
    ),
    () => import('../commands/running/config.ts'),
  );
  runs(
    json(add(root, 'version', 'Show the version of this command.')),
    () => import('../commands/running/version.ts'),
  );
}
