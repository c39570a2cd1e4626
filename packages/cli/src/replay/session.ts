/** One session of the journal, step by step, after the chain has been verified: a broken chain shows where, and ends the replay. */
import type { Kernel, VerifyReport } from '@portcullis/wire';
import { withKernel } from '../connection/open.ts';
import { type Context, has } from '../context.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { sessionActions } from '../log/newest.ts';
import { decisionText } from '../log/print.ts';
import { latestSession } from '../log/sessions.ts';
import { counted, moment } from '../terminal/numbers.ts';
import { safe } from '../terminal/printable.ts';
import { printVerdict } from '../verify/verdict.ts';

export function replaySession(context: Context, named: string | undefined): Promise<ExitCode> {
  return withKernel(context, 'administrator', async ({ kernel }) => {
    const { terminal, options } = context;
    const report = await kernel.verify();
    if (!report.ok) {
      show(context, { verified: report, steps: [] });
      return EXIT.refused;
    }
    const session = named ?? (await latestSession(kernel));
    const actions = await sessionActions(kernel, session);
    if (has(options, 'json')) {
      terminal.json({ session, records: report.records, root: report.root, actions });
      return EXIT.fine;
    }
    terminal.line(
      `${session}  ${counted(actions.length, 'step')}, chain of ${counted(report.records, 'record')} verified`,
    );
    for (const [step, action] of safe(actions).entries()) {
      terminal.line(
        `${step + 1}  ${moment(action.at).slice(11)}  ${action.action || '-'} ${action.resource}`,
      );
      terminal.line(
        `     ${decisionText(action)}${action.outcome === '' ? '' : `, ${action.outcome}`}`,
      );
      if (has(options, 'verbose')) await details(context, kernel, action.id);
    }
    return EXIT.fine;
  });
}

/** What every guard said of a step, and the labels that the session bore. */
async function details({ terminal }: Context, kernel: Kernel, id: string): Promise<void> {
  const { records = [] } = await kernel.explain(id);
  const decision = safe(records).find(({ kind }) => kind === 'decision');
  const answers = Array.isArray(decision?.answers) ? decision.answers : [];
  for (const answer of answers) {
    if (Array.isArray(answer))
      terminal.line(`     ${answer.filter((part) => part !== '').join('  ')}`);
  }
  const labels = Array.isArray(decision?.labels) ? decision.labels : [];
  if (labels.length > 0) terminal.line(`     session has seen ${JSON.stringify(labels)}`);
}

function show({ terminal, options }: Context, result: { verified: VerifyReport; steps: [] }): void {
  if (has(options, 'json')) terminal.json(result);
  else printVerdict(terminal, result.verified);
}
