/** The permit stage: makes the permit, the last thing the gate does, and the only place that does it. */
import { type Answer, type Guard, PASS } from './guard.ts';
import type { PermitOffice } from './permit.ts';

/** `life` in milliseconds. Only what the kernel executes itself gets one: a host gets a signed permit with its decision, a pure check none. */
export function permitGuard(office: PermitOffice, life: number): Guard {
  return {
    name: 'permit',
    check(ev): Answer {
      if (ev.action === undefined)
        return { kind: 'deny', code: 'kernel_fault', note: 'no action reached the last stage' };
      if (ev.execution === 'provider') ev.permit = office.mint(ev.action, ev.now + life);
      return PASS;
    },
  };
}
