/** What waits for people. */
import type { Declare } from './declare.ts';
import { client, json, whole } from './options.ts';

export function addPeople({ root, add, runs }: Declare): void {
  const approvals = add(root, 'approvals', 'Look at held actions, and answer them.');
  runs(
    json(client(add(approvals, 'list', 'List held actions, oldest first.')))
      .option(
        '--status <status>',
        'open, approved, denied, expired, withdrawn, used or all',
        'open',
      )
      .option('--limit <n>', 'at most this many', whole(1, 1000), 100),
    () => import('../commands/people/approvals-list.ts'),
  );
  runs(
    json(client(add(approvals, 'show <id>', 'Show one held action as an approver sees it.'))),
    () => import('../commands/people/approvals-show.ts'),
  );
  runs(
    json(client(add(approvals, 'approve <id...>', 'Approve all that are named, or none.')))
      .option('--for <term>', 'once, session, or a time such as 2h', 'once')
      .option(
        '--narrow <json>',
        'caveats of a longer approval, such as {"uses": 2}; @FILE reads a file, - reads stdin',
      )
      .option('--reason <text>', 'for the requester and the journal'),
    async () => ({ run: (await import('../commands/people/approvals-answer.ts')).approve }),
  );
  runs(
    json(client(add(approvals, 'deny <id...>', 'Deny all that are named, or none.'))).option(
      '--reason <text>',
      'for the requester and the journal',
    ),
    async () => ({ run: (await import('../commands/people/approvals-answer.ts')).deny }),
  );
  runs(
    client(add(approvals, 'review', 'Show what is open one by one, and answer each.')),
    () => import('../commands/people/approvals-review.ts'),
  );
  runs(
    json(client(add(approvals, 'watch', 'Print each action as it is held, until interrupted.'))),
    () => import('../commands/people/approvals-watch.ts'),
  );
}
