/**
 * The behaviour stage: the order of this session's calls against the rules over it. A call that would complete a sequence is denied, held for people, or ends
 * the session's freedom; what has begun is walked on when the call is decided.
 */
import type { CurrentPolicy } from '../gate/current-policy.ts';
import { type Answer, type Demand, type Evaluation, type Guard, PASS } from '../gate/guard.ts';
import type { CompiledBehaviour } from '../policy/compile/behaviour.ts';
import type { Began, Carried, Feeds } from './carried.ts';
import { arrowOf, Carrying } from './carrying.ts';
import { isDecided, membersOf, type Sequences, type Walked } from './sequences.ts';

export function behaviourGuard(
  policies: CurrentPolicy,
  sequences: Sequences,
  carried: Carried,
): Guard {
  return {
    name: 'behaviour',
    check(ev): Answer {
      const rules = policies.for(ev.session?.preset).behaviours;
      if (rules.length === 0) return PASS;
      const { action, session } = ev;
      if (action === undefined || session === undefined) return PASS;
      const demands: Demand[] = [];
      const carrying = new Carrying(carried, ev, action, session.id);
      for (const rule of rules) {
        const last = rule.steps[rule.steps.length - 1];
        // Whether it is denied nobody knows yet: that is for whoever records it.
        if (last === undefined || last.decided === 'denied' || !last.matches(ev, action)) continue;
        if (!sequences.completes(session.id, rule, ev.now, carrying.of(rule))) continue;
        const note = `rule ${rule.name}`;
        if (rule.effect === 'deny') return { kind: 'deny', code: 'behaviour_denied', note };
        if (rule.effect === 'quarantine') {
          end(ev, rule);
          return { kind: 'deny', code: 'session_quarantined', note };
        }
        const { name, key } = rule;
        demands.push({ kind: 'approval', rule: name, digest: key, approvers: [], quorum: 1 });
      }
      return demands.length === 0 ? PASS : { kind: 'pass', demands };
    },
  };
}

function end(ev: Evaluation, { level, name, whom }: CompiledBehaviour): void {
  // Observing changes nothing.
  if (ev.mode !== 'enforce') return;
  const quarantines = { level, rule: name, ...(whom === 'session' ? {} : { whom }) };
  ev.members = { ...ev.members, quarantines };
}

/** What a decision does to sequences, once it is recorded. */
export interface Settled {
  readonly walked: readonly Walked[];
  readonly feeds: readonly Feeds[];
}

/** Right before the decision is recorded: which steps it was, which arrows its output feeds, and whether a denial completes a sequence. */
export function settleSteps(
  rules: readonly CompiledBehaviour[],
  sequences: Sequences,
  carried: Carried,
  ev: Evaluation,
  permitted: boolean,
): Settled {
  const { action, session } = ev;
  if (rules.length === 0 || action === undefined || session === undefined) return NOTHING;
  const walked: Walked[] = [];
  const feeds: Feeds[] = [];
  const carrying = new Carrying(carried, ev, action, session.id);
  for (const rule of rules) {
    const carries = carrying.of(rule);
    const length = rule.steps.length;
    const steps: number[] = [];
    let began: Map<number, Began> | undefined;
    rule.steps.forEach((step, index) => {
      if (permitted && step.arrow) feeds.push(...carrying.passesOn(rule, index));
      if (!isDecided(step.decided, permitted) || !step.matches(ev, action)) return;
      const onward = rule.steps[index + 1]?.arrow === true;
      if (!step.arrow && !onward) {
        steps.push(index);
        return;
      }
      const from = sequences.goesOn(session.id, rule, index, ev.now, carries);
      if (from === undefined) return;
      steps.push(index);
      if (step.arrow) began = (began ?? new Map<number, Began>()).set(index, from);
      if (onward && permitted) feeds.push({ arrow: arrowOf(rule, index + 1), began: from });
    });
    if (steps.length === 0) continue;
    const denied = rule.steps[length - 1]?.decided === 'denied' && steps.includes(length - 1);
    if (
      denied &&
      rule.effect === 'quarantine' &&
      sequences.completes(session.id, rule, ev.now, carries)
    )
      end(ev, rule);
    walked.push({ key: rule.key, length, steps, ...(began === undefined ? {} : { began }) });
  }
  if (walked.length > 0) ev.members = { ...ev.members, steps: membersOf(walked) };
  return { walked, feeds };
}

const NOTHING: Settled = Object.freeze({
  walked: Object.freeze([]),
  feeds: Object.freeze([]),
});
