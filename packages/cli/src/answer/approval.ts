/** A held action on an approver's screen: all of it, and nothing that the action's own text could draw there. */
import type { Approval, ApprovalTerm, Caveats } from '@portcullis/wire';
import { facts } from '../terminal/facts.ts';
import { moment } from '../terminal/numbers.ts';
import { safe } from '../terminal/printable.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { labelText, termText } from './words.ts';

export function printApproval(terminal: Terminal, given: Approval): void {
  const held = safe(given);
  const { bold, dim, yellow } = terminal.colour;
  terminal.line(`${bold(held.action.name)} ${held.action.resource}`);
  for (const line of JSON.stringify(held.action.params, undefined, 2).split('\n'))
    terminal.line(`  ${line}`);
  facts(terminal, [
    ['id', held.id],
    ['status', held.status === 'open' ? yellow('open') : held.status],
    ['asked by', held.principal],
    ['on behalf of', held.on_behalf_of],
    ['delegated by', held.delegated_by?.join(', by ')],
    ['session', held.session],
    ['requested', moment(held.requested)],
    ['expires', moment(new Date(held.expires).toISOString())],
    ['because', held.justification],
    ...held.asks.map(({ rule, approvers, quorum }) => {
      const who = approvers.length === 0 ? 'anybody who may approve' : approvers.join(', ');
      return ['rule', `${rule}: ${quorum} of ${who}`] as const;
    }),
    ['for longer', held.status === 'open' ? longer(held) : undefined],
    ...held.labels.map((label) => ['has seen', labelText(label)] as const),
    ...(held.chains ?? []).map((chain) => ['comes from', chain] as const),
    ...held.answers.map(({ by, decision, at, for: term, narrow, reason }) => {
      const why = reason === undefined ? '' : `: ${reason}`;
      const what = `${decision}${longerText(term, narrow)}`;
      return ['answered', `${what} by ${by}, ${moment(at)}${why}`] as const;
    }),
  ]);
  if (held.steps.length > 0) terminal.line(dim('before this, in the session'));
  for (const { at, action, resource = '', effect, code } of held.steps)
    terminal.line(`  ${moment(at)}  ${effect} ${code}  ${action} ${resource}`);
}

/** What approving for a session or a time lets through as well. */
const longer = ({ offers: { action, resource, uses } }: Approval): string =>
  `${action} ${resource}, whatever the parameters, ${uses} times`;

const longerText = (term: ApprovalTerm, narrow: Caveats | undefined): string => {
  if (term === 'once') return '';
  return ` (${termText(term)}${narrow === undefined ? '' : `, only ${JSON.stringify(narrow)}`})`;
};
