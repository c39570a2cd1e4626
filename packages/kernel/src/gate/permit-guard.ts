/** The permit stage: makes the permit, the last thing the gate does, and the only place that does it. */
import { type Answer, type Guard, PASS } from './guard.ts';
import type { PermitOffice } from './permit.ts';

/**
 * `life` in milliseconds. Only what the kernel executes itself gets one: a host gets a signed permit with its decision, a pure check none. `full`: whether so
 * many of a principal's permits are out whose outcome no host has reported that one more would take the room of others.
 */
export function permitGuard(
  office: PermitOffice,
  life: number,
  full: (tenant: string, principal: string) => boolean,
): Guard {
  return {
    name: 'permit',
    check(ev): Answer {
      if (ev.action === undefined)
        return { kind: 'deny', code: 'kernel_fault', note: 'no action reached the last stage' };
      if (ev.execution === 'host' && full(ev.caller.tenant, ev.principal.id))
        return { kind: 'defer', code: 'outcomes_full' };
      if (ev.execution === 'provider') ev.permit = office.mint(ev.action, ev.now + life);
      return PASS;
    },
  };
}
