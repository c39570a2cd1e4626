/** Action lines on the terminal: aligned, safe, coloured by what became of them. */
import { type Column, columns } from '../terminal/columns.ts';
import { milliseconds, moment, shortMoment } from '../terminal/numbers.ts';
import { safe } from '../terminal/printable.ts';
import type { Colours, Terminal } from '../terminal/terminal.ts';
import type { ActionLine } from './action-line.ts';

const COLUMNS: readonly Column[] = [
  { title: 'time', min: 13 },
  { title: 'id', min: 20 },
  { title: 'principal', min: 9 },
  { title: 'action', min: 10 },
  { title: 'resource', min: 24, gives: true },
  { title: 'decision', min: 8 },
  { title: 'outcome', min: 7 },
  { title: 'ms', align: 'right', min: 5 },
];

const [DECISION, OUTCOME] = [5, 6];

export function printActions(
  terminal: Terminal,
  actions: readonly ActionLine[],
  head: boolean,
): void {
  const lines = safe(actions);
  const { dim } = terminal.colour;
  const now = new Date();
  const time = (at: string): string => (terminal.interactive ? shortMoment(at, now) : moment(at));
  const printed = columns(
    {
      columns: COLUMNS,
      rows: lines.map((line) => cells(line, time(line.at))),
      ...(head ? { head: dim } : {}),
      paint: (cell, column, row) => paint(terminal.colour, cell, column, lines[row]),
    },
    terminal.width,
  );
  for (const line of printed) terminal.line(line);
}

const cells = (line: ActionLine, time: string): string[] => [
  time,
  line.id,
  line.principal,
  line.action || '-',
  line.resource || '-',
  decisionText(line),
  outcomeText(line),
  line.duration_ms === undefined ? '-' : milliseconds(line.duration_ms),
];

/** `permit`, `deny no_matching_rule`, `permit (would deny no_matching_rule)`. */
export function decisionText(line: ActionLine): string {
  const plain = line.code === 'permitted' || line.code === 'modified' || line.code === '';
  const said = plain ? line.effect : `${line.effect} ${line.code}`;
  const would = line.would ? ` (would ${line.would.effect} ${line.would.code})` : '';
  return said + would;
}

const outcomeText = (line: ActionLine): string =>
  line.error ? `${line.outcome} ${line.error.code}` : line.outcome || '-';

function paint(
  colour: Colours,
  cell: string,
  column: number,
  line: ActionLine | undefined,
): string {
  if (column === DECISION) return effectColour(colour, line?.effect ?? '')(cell);
  if (column === OUTCOME) return outcomeColour(colour, line?.outcome ?? '')(cell);
  return column <= 1 || column === COLUMNS.length - 1 ? colour.dim(cell) : cell;
}

const same = (text: string): string => text;

export function effectColour(colour: Colours, effect: string): (text: string) => string {
  if (effect === 'permit') return colour.green;
  if (effect === 'deny') return colour.red;
  return effect === '' ? same : colour.yellow;
}

export function outcomeColour(colour: Colours, outcome: string): (text: string) => string {
  if (outcome === 'ok') return same;
  if (outcome === 'error') return colour.red;
  return outcome === '' ? colour.dim : colour.yellow;
}
