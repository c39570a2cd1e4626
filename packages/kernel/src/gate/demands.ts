/** The approval stage while nobody can approve or judge: every demand left is refused, each with its own code. */
import { type Answer, type Guard, PASS } from './guard.ts';

export function refuseDemands(): Guard {
  return {
    name: 'approval',
    check(ev): Answer {
      for (const demand of ev.demands) {
        if (demand.kind === 'approval')
          return { kind: 'deny', code: 'approval_unavailable', note: `rule ${demand.rule}` };
        if (demand.kind === 'judgement')
          return { kind: 'deny', code: 'judge_unavailable', note: `rule ${demand.rule}` };
      }
      return PASS;
    },
  };
}
