/** Runs, and what is said of them. */
import { Option } from 'commander';
import type { Declare } from './declare.ts';
import { client, json, whole } from './options.ts';

export function addSessions({ root, add, runs }: Declare): void {
  const sessions = add(root, 'sessions', 'List, inspect, quarantine and release sessions.');
  runs(
    json(client(add(sessions, 'list', 'List the sessions that acted last, newest first.'))).option(
      '--limit <n>',
      'at most this many',
      whole(1, 1000),
      20,
    ),
    () => import('../commands/sessions/list.ts'),
  );
  runs(
    json(client(add(sessions, 'show [id]', 'Show one session.'))),
    () => import('../commands/sessions/show.ts'),
  );
  runs(
    json(
      client(
        add(sessions, 'endorse <id> <value>', 'Vouch for a value, as if the user had typed it.'),
      ),
    ).option('--reason <text>', 'for the journal'),
    async () => ({ run: (await import('../commands/sessions/vouch.ts')).endorse }),
  );
  runs(
    json(client(add(sessions, 'declassify <id> <value>', 'Call a value public.'))).option(
      '--reason <text>',
      'for the journal',
    ),
    async () => ({ run: (await import('../commands/sessions/vouch.ts')).declassify }),
  );

  runs(
    json(client(add(sessions, 'quarantine <id>', 'Restrict a session and all sessions below it.')))
      .addOption(
        new Option('--level <level>', 'what it may still do').choices([
          'read_only',
          'isolated',
          'frozen',
        ]),
      )
      .option('--reason <text>', 'for the journal'),
    async () => ({ run: (await import('../commands/sessions/quarantine.ts')).quarantine }),
  );
  runs(
    json(
      client(
        add(sessions, 'release <id>', 'Lift the quarantine of a session that is not your own.'),
      ),
    )
      .addOption(
        new Option('--level <level>', 'a milder level to keep instead').choices([
          'none',
          'read_only',
          'isolated',
        ]),
      )
      .option('--reason <text>', 'for the journal'),
    async () => ({ run: (await import('../commands/sessions/quarantine.ts')).release }),
  );
}
