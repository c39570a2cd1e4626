/** An explanation in words: who asked for what, what each guard said, what came of it, and which records prove it. */
import type { Explanation, JournalRecord, Json, Label } from '@portcullis/wire';
import { effectColour, outcomeColour } from '../log/print.ts';
import { columns } from '../terminal/columns.ts';
import { type Fact, facts } from '../terminal/facts.ts';
import { counted, milliseconds, moment } from '../terminal/numbers.ts';
import { safe } from '../terminal/printable.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { labelText, termText } from './words.ts';

export function printExplanation(terminal: Terminal, explanation: Explanation): void {
  const told = safe(explanation);
  const { bold, dim } = terminal.colour;
  const decision = told.records?.find((record) => record.kind === 'decision');
  const paint = effectColour(terminal.colour, told.effect);
  terminal.line(`${paint(bold(told.effect))}  ${told.action || '-'} ${told.resource ?? ''}`);
  request(terminal, told, decision);
  decided(terminal, told, decision);
  if (decision !== undefined) guards(terminal, decision);
  if (told.approval !== undefined) people(terminal, told.approval);
  outcome(terminal, told);
  if (told.records !== undefined) records(terminal, told.records);
  else
    terminal.line(
      dim('\nThe guards and the rule are for an auditor: a key with the right journal.'),
    );
}

function heading(terminal: Terminal, text: string): void {
  terminal.line();
  terminal.line(terminal.colour.bold(text));
}

function request(terminal: Terminal, told: Explanation, decision: JournalRecord | undefined): void {
  heading(terminal, 'Who and what');
  facts(terminal, [
    ['action id', told.id],
    ['at', moment(told.at)],
    ['principal', told.principal],
    ['on behalf of', textOf(decision?.on_behalf_of)],
    ['credential', textOf(decision?.caller)],
    ['session', told.session],
    ['justification', textOf(told.justification)],
    ['grant', grantText(decision?.grant ?? decision?.issued ?? told.grant)],
    ['granted for', told.grant?.justification],
    ['params', commitment(told.params ?? decision?.params)],
    ['surroundings', jsonOf(decision?.env)],
  ]);
}

function decided(terminal: Terminal, told: Explanation, decision: JournalRecord | undefined): void {
  heading(terminal, 'Decision');
  facts(terminal, [
    ['effect', effectColour(terminal.colour, told.effect)(told.effect)],
    ['code', told.code],
    ['reason', told.reason],
    ['remedy', told.remedy],
    ['what helps', jsonOf(told.help as Json | undefined)],
    ...(told.unmet ?? []).map(
      ({ rule, conditions }) => ['did not meet', `${rule}: ${conditions.join(', ')}`] as const,
    ),
    ['would', jsonOf(decision?.would)],
    ['settled by', textOf(decision?.guard)],
    ['rule', textOf(decision?.rule)],
    ['rule says', textOf(decision?.rule_reason)],
    ['policy', textOf(decision?.policy)],
    ['mode', textOf(decision?.mode)],
    ['executed by', told.outcome === undefined ? undefined : executor(told)],
  ]);
}

function outcome(terminal: Terminal, told: Explanation): void {
  const outcomes = told.records?.filter((record) => record.kind === 'outcome') ?? [];
  heading(terminal, 'Outcome');
  if (outcomes.length === 0) {
    const { dim } = terminal.colour;
    terminal.line(
      `  ${told.outcome ? outcomeLine(terminal, told.outcome.status, told.outcome.error) : dim('nothing was executed')}`,
    );
  }
  const { resolved } = told.outcome ?? {};
  facts(terminal, [
    ...outcomes.flatMap((record) => outcomeFacts(terminal, record)),
    ['shown', shownText(told.shown)],
    ...(told.expansions ?? []).map(
      ({ at, rows }) => ['paged', `${counted(rows, 'row')}, ${moment(at)}`] as const,
    ),
    ['resolved', resolved === undefined ? undefined : `${resolved.as}, ${moment(resolved.at)}`],
  ]);
}

function people(terminal: Terminal, approval: NonNullable<Explanation['approval']>): void {
  const { id, status, resumed_by: resumedBy, answers = [] } = approval;
  heading(terminal, 'People');
  facts(terminal, [
    ['held as', id],
    ['status', status],
    ...answers.map(({ by, decision, at, for: term, reason }) => {
      const why = reason === undefined ? '' : `: ${reason}`;
      return ['answered', `${decision} (${termText(term)}) by ${by}, ${moment(at)}${why}`] as const;
    }),
    ['taken up by', resumedBy],
  ]);
}

function grantText(grant: Json | undefined): string | undefined {
  if (typeof grant !== 'object' || grant === null || Array.isArray(grant)) return undefined;
  const { id, capability, block } = grant;
  const of = capability === undefined ? '' : ` of ${capability}`;
  return `${id}${of}${block === undefined ? '' : `, narrowed to block ${block}`}`;
}

const executor = ({ execution, provider }: Explanation): string | undefined =>
  provider === undefined ? execution : `${execution} ${provider}`;

/** Counts, and that there is a handle: what was shown is not told again. */
function shownText(shown: Explanation['shown']): string | undefined {
  if (shown === undefined) return undefined;
  const { mode, facts, rows, notes, handle } = shown;
  const parts = [
    facts === undefined ? '' : counted(facts, 'fact'),
    rows === undefined ? '' : counted(rows, 'row'),
    counted(notes, 'note'),
    handle === undefined ? '' : 'a handle for the rest',
  ].filter((one) => one !== '');
  return `${mode ?? 'the result'}: ${parts.join(', ')}`;
}

function guards(terminal: Terminal, decision: JournalRecord): void {
  const { dim, bold, red, yellow } = terminal.colour;
  const answers = Array.isArray(decision.answers) ? decision.answers : [];
  terminal.line();
  terminal.line(bold('Guards'));
  const rows = answers.filter(Array.isArray).map((answer) => answer.map((part) => String(part)));
  const lines = columns(
    {
      columns: [{ title: 'guard' }, { title: 'answer' }, { title: 'code' }, { title: 'note' }],
      rows: rows.map((row) => [row[0] ?? '', row[1] ?? '', row[2] ?? '', row[3] ?? '']),
      paint: (cell, column) =>
        column !== 1 ? cell : cell === 'deny' ? red(cell) : cell === 'pass' ? cell : yellow(cell),
    },
    terminal.width,
  );
  for (const line of lines) terminal.line(`  ${line}`);
  terminal.line(
    dim(
      rows.length === 0
        ? '  every guard passed it without a remark'
        : '  the others that were asked passed it without a remark',
    ),
  );
}

function outcomeFacts(terminal: Terminal, record: JournalRecord): Fact[] {
  return [
    ['status', outcomeLine(terminal, String(record.status ?? ''), record.error)],
    ['at', moment(record.ts)],
    [
      'took',
      typeof record.duration_ms === 'number' ? `${milliseconds(record.duration_ms)} ms` : undefined,
    ],
    ['bytes', textOf(record.bytes)],
    ['result', commitment(record.result)],
    ['redeemed', textOf(record.redeemed)],
    ...labelsOf(record).map((label) => ['label', label] as const),
  ];
}

function records(terminal: Terminal, all: readonly JournalRecord[]): void {
  terminal.line();
  terminal.line(terminal.colour.bold('Records'));
  facts(
    terminal,
    all.map((record) => [`#${record.seq}`, `${record.kind}  ${record.hash}`] as const),
  );
}

function outcomeLine(terminal: Terminal, status: string, error: Json | undefined): string {
  const paint = outcomeColour(terminal.colour, status);
  if (typeof error !== 'object' || error === null || Array.isArray(error)) return paint(status);
  return `${paint(status)}  ${String(error.code ?? '')}: ${String(error.message ?? '')}`;
}

const textOf = (value: Json | undefined): string | undefined =>
  value === undefined || value === '' ? undefined : String(value);

const jsonOf = (value: Json | undefined): string | undefined =>
  value === undefined ? undefined : JSON.stringify(value);

const commitment = (value: Json | undefined): string | undefined =>
  typeof value === 'string' && value !== '' ? `${value} (salted commitment)` : undefined;

const labelsOf = ({ labels }: JournalRecord): string[] =>
  (Array.isArray(labels) ? (labels as unknown as Partial<Label>[]) : []).map(labelText);
