/** `portcullis log`: one line per action, filtered, oldest first; with --follow as they are settled. */
import { withKernel } from '../../connection/open.ts';
import { type Context, has, numberOption, type Run } from '../../context.ts';
import { EXIT, UsageError } from '../../exit.ts';
import { filterFrom } from '../../log/filter.ts';
import { settledActions } from '../../log/follow.ts';
import { newestActions } from '../../log/newest.ts';
import { printActions } from '../../log/print.ts';
import { untilInterrupted } from '../../terminal/interrupt.ts';

export const run: Run = async (context) => {
  const { terminal, options } = context;
  const filter = filterFrom(options, Date.now());
  const limit = numberOption(options, 'limit') ?? 50;
  const follow = has(options, 'follow');
  if (follow && has(options, 'local')) {
    throw new UsageError(
      '--follow needs a sidecar: nobody else acts while --local has the journal',
    );
  }
  return withKernel(context, 'administrator', async ({ kernel }) => {
    const { seq } = (await kernel.status()).journal;
    const lines = await newestActions(kernel, filter, limit);
    if (has(options, 'json')) {
      if (follow) for (const line of lines) terminal.jsonLine(line);
      else terminal.json(lines);
    } else if (lines.length > 0) {
      printActions(terminal, lines, terminal.interactive);
    } else if (!follow) {
      terminal.note('no actions');
    }
    if (follow) {
      const settled = new Set(
        lines.flatMap((line) => (line.outcome === 'pending' ? [] : [line.id])),
      );
      await stay(context, settledActions(kernel, filter, seq, untilInterrupted()), settled);
    }
    return EXIT.fine;
  });
};

/** What the journal got between the two readings is not printed again. */
async function stay(
  { terminal, options }: Context,
  lines: ReturnType<typeof settledActions>,
  printed: ReadonlySet<string>,
): Promise<void> {
  for await (const line of lines) {
    if (printed.has(line.id)) continue;
    if (has(options, 'json')) terminal.jsonLine(line);
    else printActions(terminal, [line], false);
  }
}
