/** What a file says a run was: read by the summary alone. A file without answers gives none. */
import { z } from 'zod';

const schema = z.object({
  id: z.string(),
  kind: z.string().optional(),
  source: z.string().optional(),
  suite: z.string().optional(),
  user_task: z.string().nullish(),
  injection_task: z.string().nullish(),
  utility: z.boolean().nullish(),
  ambiguous: z.unknown().optional(),
  origin: z.unknown().optional(),
  attack_succeeded: z.boolean().nullish(),
  calls: z.array(z.object({ role: z.string().nullish(), user_call: z.boolean().nullish() })),
});

export type Group = 'attack' | 'resisted' | 'benign' | 'asked';

export interface Answers {
  readonly id: string;
  readonly group: Group | undefined;
  readonly suite: string;
  /** What the average is taken over. */
  readonly task: string;
  readonly completes: readonly number[];
  readonly prerequisites: readonly number[];
  readonly userCalls: readonly number[];
  readonly calls: number;
}

export function readAnswers(line: string): Answers {
  const read = schema.parse(JSON.parse(line));
  const where = (test: (call: (typeof read.calls)[number]) => boolean): number[] =>
    read.calls.flatMap((call, i) => (test(call) ? [i] : []));
  const group = groupOf(read);
  const suite = read.suite ?? '';
  return {
    id: read.id,
    group,
    suite,
    task: `${suite}/${(group === 'attack' ? read.injection_task : read.user_task) ?? ''}`,
    completes: where(({ role }) => role === 'completes'),
    prerequisites: where(({ role }) => role === 'prerequisite'),
    userCalls: where(({ user_call }) => user_call === true),
    calls: read.calls.length,
  };
}

function groupOf(read: z.infer<typeof schema>): Group | undefined {
  if (read.ambiguous || read.kind === undefined || read.kind === 'risky') return undefined;
  if (read.kind === 'attack') return read.attack_succeeded === true ? 'attack' : 'resisted';
  if (read.utility !== true && read.source !== 'luna') return undefined;
  return read.origin ? 'asked' : 'benign';
}
