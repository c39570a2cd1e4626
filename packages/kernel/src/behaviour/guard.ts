/**
 * The behaviour stage: the order of calls against the rules over it, of this session and of its neighbours. A call that would complete a sequence is denied,
 * held for people, or ends the session's freedom; what has begun goes on when the call is decided.
 */
import { type Answer, type Demand, type Guard, PASS } from '../gate/guard.ts';
import type { CurrentPolicy } from '../policy/in-force/current.ts';
import { type Behaviours, CallMatcher } from './call-matcher.ts';
import { quarantineBy } from './quarantine.ts';

export function behaviourGuard(policies: CurrentPolicy, near: Behaviours): Guard {
  return {
    name: 'behaviour',
    check(ev): Answer {
      const { action, session } = ev;
      const policy = policies.for(session?.preset);
      if (policy.behaviours.length === 0) return PASS;
      if (action === undefined || session === undefined) return PASS;
      const rules = policy.behavioursOf(action.name);
      if (rules.length === 0) return PASS;
      const demands: Demand[] = [];
      const call = new CallMatcher(near, ev, action, session.id);
      for (const rule of rules) {
        const last = rule.steps[rule.steps.length - 1];
        // Whether it is denied nobody knows yet: that is for whoever records it. A label stops nothing.
        if (last === undefined || last.decided === 'denied' || rule.effect === 'label') continue;
        if (!call.is(rule, last) || !call.completes(rule)) continue;
        const note = `rule ${rule.name}`;
        if (rule.effect === 'deny') return { kind: 'deny', code: 'behaviour_denied', note };
        if (rule.effect === 'quarantine') {
          quarantineBy(rule, ev);
          return { kind: 'deny', code: 'session_quarantined', note };
        }
        const { name, key } = rule;
        demands.push({ kind: 'approval', rule: name, digest: key, approvers: [], quorum: 1 });
      }
      return demands.length === 0 ? PASS : { kind: 'pass', demands };
    },
  };
}
