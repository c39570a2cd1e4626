/** What is on record. */
import type { Command } from 'commander';
import type { Declare } from './declare.ts';
import { client, filters, formerly, json, located, whole } from './options.ts';

const logs = (command: Command): Command => formerly(client(command), 'log-path');
const traces = (command: Command): Command => formerly(client(command), 'db');

export function addLooking({ root, add, runs }: Declare): void {
  runs(
    filters(json(logs(add(root, 'log', 'Show one line for each action, oldest first.'))))
      .option('--follow', 'stay, and print actions as they settle')
      .option('--limit <n>', 'the newest n that match', whole(1, 1_000_000), 50),
    () => import('../commands/looking/log.ts'),
  );
  runs(
    json(traces(add(root, 'trace [session]', "Show one session's calls as a tree."))).option(
      '--latest',
      'the session that acted last',
    ),
    () => import('../commands/looking/trace.ts'),
  );
  runs(
    json(
      client(
        add(
          root,
          'explain <id>',
          'Tell the story of one action: who, what, why, and what came of it.',
        ),
      ),
    ),
    () => import('../commands/looking/explain.ts'),
  );
  runs(
    json(
      located(
        add(
          root,
          'verify [dir]',
          'Check the whole journal of a data directory, offline and without its keys.',
        ),
      ),
    )
      .option('--key <key>', 'public key of the checkpoints: a PEM file or a verifier key')
      .option('--anchor <file>', 'a checkpoint kept elsewhere, which the journal must contain')
      .option('--accept-lost', 'pass a journal whose lost tail was acknowledged')
      .option('--print-key', 'print the public key, for auditors')
      .option('--remote', 'ask the running sidecar instead'),
    () => import('../commands/looking/verify.ts'),
  );

  runs(
    json(
      traces(
        add(
          root,
          'replay [what...]',
          'Replay recorded runs, a journal under another policy, or one session step by step.',
        ),
      )
        .option('--labels <dir>', 'for runs: label files, one for each tool set')
        .option('--policy <file>', 'for runs and journals: the policy that decides')
        .option('--out <file>', 'write a JSON line for each decision')
        .option('--explain', 'for runs: add rule, code and where arguments came from to each line')
        .option(
          '--workers <count>',
          'for runs: how many at once (default: one for each core)',
          whole(1, 256),
        )
        .option('--latest', 'the session that acted last')
        .option(
          '--verbose',
          'show every guard of every step, and every decision that would change',
        ),
    ),
    () => import('../commands/looking/replay.ts'),
  );
}
