/** `portcullis invalidate`: ends a session, a principal or a role at once, or lifts that; without arguments, lists what is over. */
import type { Invalidation, InvalidationTarget } from '@portcullis/wire';
import { withKernel } from '../../connection/open.ts';
import { has, type Run, textOption } from '../../context.ts';
import { EXIT, UsageError } from '../../exit.ts';
import { moment } from '../../terminal/numbers.ts';
import { printable } from '../../terminal/printable.ts';
import type { Terminal } from '../../terminal/terminal.ts';

const TARGETS: readonly string[] = ['session', 'principal', 'role'];

export const run: Run = (context, target, id) => {
  const { terminal, options } = context;
  const lift = has(options, 'lift');
  if (target !== undefined && !TARGETS.includes(target))
    throw new UsageError(`${printable(target)} is none of ${TARGETS.join(', ')}`);
  if ((target === undefined) !== (id === undefined) || (lift && id === undefined))
    throw new UsageError('say what: session, principal or role, and its id');
  return withKernel(context, 'administrator', async ({ kernel }) => {
    if (id === undefined) {
      list(terminal, await kernel.invalidations(), has(options, 'json'));
      return EXIT.fine;
    }
    const reason = textOption(options, 'reason') ?? `portcullis invalidate${lift ? ' --lift' : ''}`;
    const request = { target: target as InvalidationTarget, id, reason };
    if (lift) await kernel.restore(request);
    else if (has(options, 'json')) {
      terminal.json(await kernel.invalidate(request));
      return EXIT.fine;
    } else await kernel.invalidate(request);
    const said = lift ? 'restored' : terminal.colour.red('invalidated');
    terminal.line(`${said}: ${target} ${printable(id)}`);
    return EXIT.fine;
  });
};

function list(terminal: Terminal, all: readonly Invalidation[], json: boolean): void {
  if (json) terminal.json(all);
  else if (all.length === 0) terminal.line('nothing is invalidated');
  else {
    for (const { at, target, id, guard, reason } of all)
      terminal.line(`${moment(at)}  ${target} ${printable(id)}  ${guard}: ${printable(reason)}`);
  }
}
