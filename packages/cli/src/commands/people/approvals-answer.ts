/** `portcullis approvals approve` and `deny`: of what they name. */

import { parseDuration } from '@portcullis/kernel/time';
import type { ApprovalAnswer, ApprovalTerm, Caveats } from '@portcullis/wire';
import { readObject } from '../../answer/request.ts';
import { withKernel } from '../../connection/open.ts';
import { type Context, has, type Run, textOption } from '../../context.ts';
import { EXIT, UsageError } from '../../exit.ts';

const answering =
  (decision: 'approve' | 'deny'): Run =>
  (context, ...ids) =>
    withKernel(context, 'administrator', async ({ kernel }) => {
      const { terminal, options } = context;
      const answer = await answerOf(options, decision);
      const [first] = ids;
      if (first === undefined)
        throw new UsageError('name what you answer, or run approvals review');
      const done =
        ids.length === 1
          ? [await kernel.answerApproval(first, answer)]
          : await kernel.answerApprovals(ids.map((id) => ({ ...answer, id })));
      if (has(options, 'json')) terminal.json(done);
      else for (const { id, status } of done) terminal.line(`${id}  ${status}`);
      return EXIT.fine;
    });

export const approve = answering('approve');
export const deny = answering('deny');

async function answerOf(
  options: Context['options'],
  decision: 'approve' | 'deny',
): Promise<ApprovalAnswer> {
  const reason = textOption(options, 'reason');
  const term = decision === 'approve' ? termOf(textOption(options, 'for') ?? 'once') : undefined;
  const narrow = textOption(options, 'narrow');
  if (narrow !== undefined && term === 'once')
    throw new UsageError('--narrow: of an approval for longer, with --for');
  return {
    decision,
    ...(reason === undefined ? {} : { reason }),
    ...(term === undefined || term === 'once' ? {} : { for: term }),
    ...(narrow === undefined ? {} : { narrow: (await readObject(narrow, '--narrow')) as Caveats }),
  };
}

function termOf(text: string): ApprovalTerm {
  const term = text === 'once' || text === 'session' ? text : until(text);
  if (term === undefined)
    throw new UsageError('--for: expected once, session or a duration such as 2h');
  return term;
}

/** From now on for so long; undefined where it is no duration. */
export function until(text: string): ApprovalTerm | undefined {
  const ms = parseDuration(text);
  return ms === undefined ? undefined : { until: Date.now() + ms };
}
