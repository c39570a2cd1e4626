/** `portcullis approvals approve` and `deny`: scripted with what they name; at a terminal, without an id, one question for each that is open. */
import type { ApprovalAnswer, ApprovalTerm, Kernel } from '@portcullis/wire';
import { printApproval } from '../answer/approval.ts';
import { duration } from '../config/durations.ts';
import { withKernel } from '../connection/open.ts';
import { type Context, has, type Run, textOption } from '../context.ts';
import { EXIT, UsageError } from '../exit.ts';

const answering =
  (decision: 'approve' | 'deny'): Run =>
  (context, ...ids) =>
    withKernel(context, 'administrator', async ({ kernel }) => {
      const { terminal, options } = context;
      const answer = answerOf(options, decision);
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

function answerOf(options: Context['options'], decision: 'approve' | 'deny'): ApprovalAnswer {
  const reason = textOption(options, 'reason');
  const term = decision === 'approve' ? termOf(textOption(options, 'for') ?? 'once') : undefined;
  return {
    decision,
    ...(reason === undefined ? {} : { reason }),
    ...(term === undefined || term === 'once' ? {} : { for: term }),
  };
}

function termOf(text: string): ApprovalTerm {
  if (text === 'once' || text === 'session') return text;
  const ms = duration(text);
  if (ms === undefined)
    throw new UsageError('--for: expected once, session or a duration such as 2h');
  return { until: Date.now() + ms };
}

/** `portcullis approvals review`: shows what is open, one after the other, and asks. */
export const review: Run = async (context) => {
  if (!context.terminal.interactive) {
    throw new UsageError('review asks questions and this is not a terminal', [
      'approvals list --json, then approvals approve ID or approvals deny ID',
    ]);
  }
  return withKernel(context, 'administrator', async ({ kernel }) => {
    const open = (await kernel.approvals({ status: 'open' })).filter((held) => held.answerable);
    if (open.length === 0) context.terminal.note('nothing waits for you');
    for (const held of open) {
      printApproval(context.terminal, held);
      if (!(await settle(kernel, held.id, context))) break;
    }
    return EXIT.fine;
  });
};

/** False where the person is done. */
async function settle(kernel: Kernel, id: string, { terminal }: Context): Promise<boolean> {
  const { isCancel, select, text } = await import('@clack/prompts');
  const said = await select({
    message: 'Approve it?',
    options: [
      { value: 'later', label: 'later' },
      { value: 'once', label: 'yes, once' },
      { value: 'session', label: 'yes, in this session' },
      { value: 'deny', label: 'no' },
    ],
  });
  if (isCancel(said)) return false;
  if (said === 'later') return true;
  let answer: ApprovalAnswer = {
    decision: 'approve',
    ...(said === 'session' ? { for: said } : {}),
  };
  if (said === 'deny') {
    const reason = await text({ message: 'Why?' });
    if (isCancel(reason)) return false;
    answer = { decision: 'deny', ...(reason ? { reason } : {}) };
  }
  terminal.line(`${id}  ${(await kernel.answerApproval(id, answer)).status}`);
  return true;
}
