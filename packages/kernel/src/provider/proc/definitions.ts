/** The action of `proc`. The program is the resource; its arguments are a parameter, one text each: there is no shell. */
import { deepFreeze } from '../freeze.ts';
import type { ActionDefinition } from '../types.ts';

export const PROC_ACTIONS: readonly ActionDefinition[] = deepFreeze([
  {
    name: 'proc.exec',
    resource: 'proc',
    effect: 'destructive',
    restates: [
      'program',
      'command',
      'cmd',
      'executable',
      'argv',
      'argv0',
      'shell',
      'script',
      'resource',
    ],
    paths: ['cwd'],
    description:
      'Run a program without a shell, and wait for it. In the sandbox it and all it starts have bounds, by default 2 GiB of memory, 256 processes and threads, 1 GiB a file, 10 minutes of processor time; `limit` in the result names the one that ended it.',
    params: {
      type: 'object',
      properties: {
        args: {
          type: 'array',
          maxItems: 4096,
          items: { type: 'string', maxLength: 131_071 },
          description: 'Arguments, one text each.',
        },
        cwd: {
          type: 'string',
          maxLength: 4096,
          description: 'Working directory. Default: what is configured.',
        },
        env: {
          type: 'object',
          maxProperties: 64,
          additionalProperties: { type: 'string', maxLength: 32_768 },
          description: 'Variables, of the names that are allowed by configuration.',
        },
        stdin: { type: 'string', description: 'Text for standard input. Left out: closed.' },
        timeout_ms: {
          type: 'integer',
          minimum: 1,
          description:
            'Then the program and all it started are killed. Default and maximum: what is configured.',
        },
      },
      additionalProperties: false,
    },
  },
] satisfies ActionDefinition[]);
