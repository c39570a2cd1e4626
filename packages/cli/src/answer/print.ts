/** The answer to `submit` and `decide`: the data to stdout, everything about it to stderr. */
import type { Json, Outcome, Result } from '@portcullis/wire';
import { EXIT, type ExitCode } from '../exit.ts';
import { effectColour } from '../log/print.ts';
import { facts } from '../terminal/facts.ts';
import { milliseconds } from '../terminal/numbers.ts';
import { printable, printableJson, printableLines, safe } from '../terminal/printable.ts';
import type { Terminal } from '../terminal/terminal.ts';

/** `shown`: its data stands on stdout already. */
export function printAnswer(
  terminal: Terminal,
  result: Result,
  asked: string,
  shown = false,
): void {
  const { frame, ...rest } = result;
  const { decision, action, approval, outcome, permit, replayed, withheld } = safe(rest);
  const said = terminal.toStderr();
  const { colour } = said;
  const name = action ? `${action.name} ${action.resource.value}` : printable(asked).trimEnd();
  said.line(`${effectColour(colour, decision.effect)(decision.effect)}  ${name}`);
  const refused = decision.effect !== 'permit' && decision.effect !== 'modify';
  facts(said, [
    ['code', refused || decision.code !== 'permitted' ? decision.code : undefined],
    ['reason', refused ? decision.reason : undefined],
    ['remedy', decision.remedy],
    ['retry', decision.retry_after === undefined ? undefined : `after ${decision.retry_after} s`],
    [
      'observed',
      decision.would
        ? colour.yellow(`enforcing would ${decision.would.effect} ${decision.would.code}`)
        : undefined,
    ],
    ['permit', permit === undefined ? undefined : 'on stdout'],
    ['outcome', refused ? undefined : outcomeText(outcome)],
    [
      'error',
      outcome.error ? colour.red(`${outcome.error.code}: ${outcome.error.message}`) : undefined,
    ],
    [
      'replayed',
      replayed ? 'answered from memory: the idempotency key was used before' : undefined,
    ],
    ['withheld', withheld === undefined ? undefined : colour.yellow(withheld)],
    ...(frame?.notes ?? []).map((note) => ['note', printable(note)] as const),
    [
      'pages',
      frame?.handle === undefined
        ? undefined
        : colour.dim(`portcullis expand ${printable(frame.handle)}`),
    ],
    [
      'held',
      approval === undefined ? undefined : colour.dim(`portcullis approvals show ${approval.id}`),
    ],
    ['id', decision.id],
    ['more', refused ? colour.dim(`portcullis explain ${decision.id}`) : undefined],
  ]);
  if (permit !== undefined) terminal.line(permit);
  // Of a handle alone nothing is shown, nor of what is withheld, and that is no result of null.
  const bare =
    frame?.mode === 'handle_only' ||
    (frame?.data === null && (frame.handle !== undefined || withheld !== undefined));
  if (frame !== undefined && !shown && !bare) terminal.line(dataText(frame.data));
}

function outcomeText(outcome: Outcome): string | undefined {
  if (outcome.status === 'not_executed') return undefined;
  return `${outcome.status}, ${milliseconds(outcome.duration_ms)} ms`;
}

/** Text as text, everything else as JSON; neither can command a terminal. */
export const dataText = (data: Json): string =>
  typeof data === 'string'
    ? printableLines(data.replace(/\n$/, ''))
    : printableJson(JSON.stringify(data, null, 2));

/** 0 permitted and done, 1 refused or withheld, 3 permitted and failed. */
export function exitOf({ decision, outcome, withheld }: Result): ExitCode {
  if (decision.effect !== 'permit' && decision.effect !== 'modify') return EXIT.refused;
  const failed = outcome.status === 'error' || outcome.status === 'unknown' || outcome.error;
  if (failed) return EXIT.fault;
  return withheld === undefined ? EXIT.fine : EXIT.refused;
}
