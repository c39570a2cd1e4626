/** What a policy says, for a person: its rules in the order of judgement, or what each comes to for one action. */
import type { PolicyExplanation } from '@portcullis/kernel';
import { effectColour } from '../log/print.ts';
import { columns } from '../terminal/columns.ts';
import { facts } from '../terminal/facts.ts';
import { counted } from '../terminal/numbers.ts';
import { safe } from '../terminal/printable.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { tree } from '../terminal/tree.ts';

export interface ShownRule {
  readonly name: string;
  readonly effect: string;
  readonly priority: number;
  readonly final: boolean;
  readonly reason?: string;
}

/** Within a priority the strictest effect goes first. */
const STRICTEST = ['deny', 'require_approval', 'defer', 'modify', 'permit'];

export function printRules(
  terminal: Terminal,
  given: readonly ShownRule[],
  invariants: readonly string[],
): void {
  const { dim, colour } = { dim: terminal.colour.dim, colour: terminal.colour };
  const rules = safe(given).toSorted(
    (a, b) =>
      Number(b.final) - Number(a.final) ||
      a.priority - b.priority ||
      STRICTEST.indexOf(a.effect) - STRICTEST.indexOf(b.effect),
  );
  const lines = columns(
    {
      columns: [
        { title: 'priority', align: 'right' },
        { title: 'effect' },
        { title: 'rule' },
        { title: 'reason', gives: true },
      ],
      rows: rules.map((rule) => [
        rule.final ? 'final' : String(rule.priority),
        rule.effect,
        rule.name,
        rule.reason ?? '',
      ]),
      head: dim,
      paint: (cell, column, row) =>
        column === 1
          ? effectColour(colour, rules[row]?.effect ?? '')(cell)
          : column === 3
            ? dim(cell)
            : cell,
    },
    terminal.width,
  );
  for (const line of lines) terminal.line(line);
  if (invariants.length > 0) terminal.line(`invariants  ${safe(invariants).join(', ')}`);
  terminal.line(
    dim('The first priority in which a rule matches decides; what none permits is denied.'),
  );
}

export function printExplanation(terminal: Terminal, given: PolicyExplanation): void {
  const { decision, refused, action, invariants, rules, others } = safe(given);
  const { colour } = terminal;
  const { dim, bold, red } = colour;
  if (decision === undefined) {
    terminal.line(`${red('refused')}  ${refused?.code ?? ''}: ${refused?.message ?? ''}`);
    return;
  }
  terminal.line(
    `${effectColour(colour, decision.effect)(bold(decision.effect))}  ${action?.name ?? ''} ${action?.resource ?? ''}`,
  );
  facts(terminal, [
    ['code', decision.code],
    ['rule', decision.rule],
    ['note', decision.note],
    ['remedy', decision.remedy],
  ]);
  terminal.line();
  const violated = invariants.filter((invariant) => invariant.violated !== undefined);
  const nodes = [
    ...violated.map((invariant) => ({
      text: `${red('invariant')} ${invariant.name}: ${invariant.violated ?? ''}`,
      children: [],
    })),
    ...rules.map((rule) => ({
      text: `${rule.decided ? bold(rule.name) : rule.name}  ${effectColour(colour, rule.effect)(rule.effect)}  ${dim(rule.final ? 'final' : `priority ${rule.priority}`)}  ${rule.matches ? 'matches' : dim('does not match')}${rule.decided ? bold('  decided') : ''}`,
      children: rule.conditions.map((condition) => ({
        text: `${condition.truth === 'true' ? condition.truth : condition.truth === 'false' ? dim('false') : colour.yellow(condition.truth)}  ${condition.path}`,
        children: [],
      })),
    })),
  ];
  for (const line of tree(nodes, dim)) terminal.line(line);
  if (others > 0) terminal.line(dim(`${counted(others, 'rule')} for other actions`));
}
