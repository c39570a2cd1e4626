/**
 * The flow stage: an argument that strangers could have chosen does not reach a sink, unless a rule that looks at where arguments come
 * from decided so, or a person is asked. Sessions that have seen nothing of strangers pass.
 */
import { type Answer, type Demand, type Guard, PASS } from '../gate/guard.ts';
import { delegatedMember } from './delegations.ts';
import type { Facts } from './facts.ts';
import { integrityOf } from './standing.ts';

const ASK: readonly Demand[] = Object.freeze([
  Object.freeze({
    kind: 'approval',
    rule: 'flow',
    digest: 'flow',
    approvers: Object.freeze([]),
    quorum: 1,
  } as const),
]);

/** Somebody else took it since the rule looked. */
const SPENT: Answer = Object.freeze({
  kind: 'deny',
  code: 'rate_limited',
  note: 'what named sources may supply in this turn is used up',
});

/** Where text is only kept or sent along, its author does not matter: who gets it, and what is chosen, does. */
const JUDGED: ReadonlySet<string> = new Set([
  'destination',
  'selector',
  'quantity',
  'credential',
  'code',
]);

export function flowGuard(): Guard {
  return {
    name: 'flow',
    check(ev): Answer {
      const { action, flow } = ev;
      if (action === undefined || flow === undefined) return PASS;
      const delegated = ev.verdict?.delegated;
      if (delegated !== undefined && ev.execution !== 'none') {
        const taken = flow.take(delegated);
        if (taken === undefined) return SPENT;
        ev.reservations.push(taken);
        ev.members = { ...ev.members, delegated: delegatedMember(delegated) };
      }
      const facts = flow.facts(action);
      if (facts.sinks.length === 0 || !facts.tainted) return PASS;
      const note = flow.chains(action).join('; ');
      const said = note === '' ? {} : { note };
      const settled =
        ev.verdict?.flow === true || ev.demands.some(({ kind }) => kind === 'approval');
      if (settled || !reached(facts)) return note === '' ? PASS : { kind: 'pass', ...said };
      return { kind: 'pass', demands: ASK, ...said };
    },
  };
}

function reached(facts: Facts): boolean {
  if (facts.secret) return true;
  return facts.arguments.some(
    ({ role, standing }) => JUDGED.has(role) && integrityOf(standing, true) === 'untrusted',
  );
}
