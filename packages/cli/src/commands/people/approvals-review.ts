/** `portcullis approvals review`: shows what is open, one after the other, and asks. */
import type { Approval, ApprovalAnswer, ApprovalTerm, Caveats, Kernel } from '@portcullis/wire';
import { printApproval } from '../../answer/approval.ts';
import { withKernel } from '../../connection/open.ts';
import type { Context, Run } from '../../context.ts';
import { EXIT, UsageError } from '../../exit.ts';
import { printable, safe } from '../../terminal/printable.ts';
import { until } from './approvals-answer.ts';

export const run: Run = async (context) => {
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
      const answer = await ask(held);
      if (answer === ENOUGH) break;
      if (answer !== 'later') await settle(kernel, held.id, answer, context);
    }
    return EXIT.fine;
  });
};

/** Somebody else may have been faster, or a caveat be none: that is said, and the next one shown. */
async function settle(
  kernel: Kernel,
  id: string,
  answer: ApprovalAnswer,
  { terminal }: Context,
): Promise<void> {
  try {
    terminal.line(`${id}  ${(await kernel.answerApproval(id, answer)).status}`);
  } catch (error) {
    const { code, message } = error as Error & { code?: unknown };
    if (typeof code !== 'string') throw error;
    terminal.note(`${id}  ${printable(`${code}: ${message}`)}`);
  }
}

const ENOUGH = Symbol('enough');

async function ask(held: Approval): Promise<ApprovalAnswer | 'later' | typeof ENOUGH> {
  const { isCancel, select, text } = await import('@clack/prompts');
  const said = await select({
    message: question(held),
    options: [
      { value: 'later', label: 'later' },
      { value: 'once', label: 'yes, once' },
      { value: 'session', label: 'yes, in this session' },
      { value: 'time', label: 'yes, for some time' },
      { value: 'deny', label: 'no' },
    ],
  });
  if (isCancel(said)) return ENOUGH;
  if (said === 'later') return said;
  if (said === 'once') return { decision: 'approve' };
  if (said === 'deny') {
    const reason = await text({ message: 'Why?' });
    return isCancel(reason) ? ENOUGH : { decision: 'deny', ...(reason ? { reason } : {}) };
  }
  const term = said === 'session' ? said : await askTime();
  if (term === ENOUGH) return ENOUGH;
  const narrow = await askCaveats(held);
  if (narrow === ENOUGH) return ENOUGH;
  return { decision: 'approve', for: term, ...(narrow === undefined ? {} : { narrow }) };
}

/** Long parameters push the action off the screen: what is asked about stands beside the answer. */
const question = ({ action: { name, resource } }: Approval): string =>
  `Approve ${ends(printable(`${name} ${resource}`))}?`;

const ENDS = 60;
const ends = (text: string): string =>
  text.length <= 2 * ENDS + 1 ? text : `${text.slice(0, ENDS)}…${text.slice(-ENDS)}`;

async function askTime(): Promise<ApprovalTerm | typeof ENOUGH> {
  const { isCancel, text } = await import('@clack/prompts');
  const given = await text({
    message: 'For how long?',
    initialValue: '1h',
    validate: (value = '') => (until(value) === undefined ? 'a time such as 2h' : undefined),
  });
  return isCancel(given) ? ENOUGH : (until(given) ?? ENOUGH);
}

/** What it would let through, and what of that is left out. */
async function askCaveats({ offers }: Approval): Promise<Caveats | undefined | typeof ENOUGH> {
  const { isCancel, text } = await import('@clack/prompts');
  const { readJson } = await import('@portcullis/kernel');
  const { action, resource, uses } = safe(offers);
  const given = await text({
    message: `That is ${action} ${resource}, whatever the parameters, ${uses} times. Less?`,
    placeholder: 'caveats such as {"uses": 2}, or nothing',
    validate: (value = '') => (value === '' || readJson(value).ok ? undefined : 'no JSON'),
  });
  if (isCancel(given)) return ENOUGH;
  const read = given ? readJson(given) : undefined;
  return read?.ok ? (read.value as Caveats) : undefined;
}
