/** `portcullis trace`: the calls of one session as a tree, in the order they were decided. */
import { withKernel } from '../../connection/open.ts';
import { type Context, has, type Run } from '../../context.ts';
import { EXIT, UsageError } from '../../exit.ts';
import type { ActionLine } from '../../log/action-line.ts';
import { sessionActions } from '../../log/newest.ts';
import { decisionText, effectColour, outcomeColour } from '../../log/print.ts';
import { latestSession } from '../../log/sessions.ts';
import { counted, milliseconds, moment, whole } from '../../terminal/numbers.ts';
import { safe } from '../../terminal/printable.ts';
import { tree } from '../../terminal/tree.ts';

export const run: Run = (context, id) => {
  const latest = has(context.options, 'latest');
  if (id !== undefined && latest) throw new UsageError('a session and --latest exclude each other');
  if (id === undefined && !latest) throw new UsageError('name a session, or say --latest');
  return withKernel(context, 'administrator', async ({ kernel }) => {
    const session = id ?? (await latestSession(kernel));
    const actions = await sessionActions(kernel, session);
    if (has(context.options, 'json')) context.terminal.json({ session, actions });
    else print(context, safe(session), safe(actions));
    return EXIT.fine;
  });
};

function print({ terminal }: Context, session: string, actions: readonly ActionLine[]): void {
  const { bold, dim } = terminal.colour;
  const denied = actions.filter((action) => action.effect === 'deny').length;
  const principals = [...new Set(actions.map((action) => action.principal))].join(', ');
  terminal.line(
    `${bold(session)}  ${principals}  ${dim(`${counted(actions.length, 'action')}, ${whole(denied)} denied`)}`,
  );
  const nodes = actions.map((action) => ({
    text: `${dim(moment(action.at).slice(11))}  ${action.action || '-'} ${action.resource}`,
    children: leaves(terminal.colour, action).map((text) => ({ text, children: [] })),
  }));
  for (const line of tree(nodes, dim)) terminal.line(line);
}

function leaves(colour: Context['terminal']['colour'], action: ActionLine): string[] {
  const { dim } = colour;
  const rule = action.rule ? dim(`  rule ${action.rule}`) : '';
  const lines = [
    `${effectColour(colour, action.effect)(decisionText(action))}${rule}  ${dim(action.id)}`,
  ];
  if (action.outcome !== '') {
    const took = action.duration_ms === undefined ? '' : `, ${milliseconds(action.duration_ms)} ms`;
    const size = action.bytes === undefined ? '' : `, ${counted(action.bytes, 'byte')}`;
    lines.push(`${outcomeColour(colour, action.outcome)(action.outcome)}${dim(took + size)}`);
  }
  if (action.error) {
    lines.push(colour.red(`${action.error.code}: ${action.error.message}`));
  }
  return lines;
}
