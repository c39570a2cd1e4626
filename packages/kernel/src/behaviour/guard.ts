/**
 * The behaviour stage: the order of this session's calls against the rules over it. A call that would complete a sequence is denied, held for people, or ends
 * the session's freedom; what has begun is walked on when the call is decided.
 */
import type { CurrentPolicy } from '../gate/current-policy.ts';
import { type Answer, type Demand, type Evaluation, type Guard, PASS } from '../gate/guard.ts';
import type { CompiledBehaviour } from '../policy/compile/behaviour.ts';
import { isDecided, membersOf, type Sequences, type Walked } from './sequences.ts';

export function behaviourGuard(policies: CurrentPolicy, sequences: Sequences): Guard {
  return {
    name: 'behaviour',
    check(ev): Answer {
      const rules = policies.for(ev.session?.preset).behaviours;
      if (rules.length === 0) return PASS;
      const { action, session } = ev;
      if (action === undefined || session === undefined) return PASS;
      const demands: Demand[] = [];
      for (const rule of rules) {
        const last = rule.steps[rule.steps.length - 1];
        // Whether it is denied nobody knows yet: that is for whoever records it.
        if (last === undefined || last.decided === 'denied' || !last.matches(ev, action)) continue;
        if (!sequences.completes(session.id, rule, ev.now)) continue;
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

function end(ev: Evaluation, { level, name }: CompiledBehaviour): void {
  // Observing changes nothing.
  if (ev.mode === 'enforce') ev.members = { ...ev.members, quarantines: { level, rule: name } };
}

/** Right before the decision is recorded: which steps it was, and whether a denial completes a sequence. */
export function settleSteps(
  rules: readonly CompiledBehaviour[],
  sequences: Sequences,
  ev: Evaluation,
  permitted: boolean,
): readonly Walked[] {
  const { action, session } = ev;
  if (rules.length === 0 || action === undefined || session === undefined) return NONE;
  const walked: Walked[] = [];
  for (const rule of rules) {
    const length = rule.steps.length;
    const steps: number[] = [];
    rule.steps.forEach((step, index) => {
      if (isDecided(step.decided, permitted) && step.matches(ev, action)) steps.push(index);
    });
    if (steps.length === 0) continue;
    const denied = rule.steps[length - 1]?.decided === 'denied' && steps.includes(length - 1);
    if (denied && rule.effect === 'quarantine' && sequences.completes(session.id, rule, ev.now))
      end(ev, rule);
    walked.push({ key: rule.key, length, steps });
  }
  if (walked.length > 0) ev.members = { ...ev.members, steps: membersOf(walked) };
  return walked;
}

const NONE: readonly Walked[] = Object.freeze([]);
