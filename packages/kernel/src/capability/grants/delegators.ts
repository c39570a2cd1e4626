/** What stops a delegator stops what it delegated: its session's quarantine, and an end of its session, of itself or of a role it bore. */
import type { Answer, Evaluation } from '../../gate/guard.ts';
import { type EffectOf, ended, quarantineStops } from '../../session/guard.ts';
import type { Invalidations } from '../../session/invalidations.ts';
import type { SessionRegistry } from '../../session/registry.ts';
import type { Delegator } from './grant.ts';

export type Stopped = (ev: Evaluation, by: readonly Delegator[]) => Answer | undefined;

export function delegatorsStop(
  sessions: SessionRegistry,
  invalidations: Invalidations,
  effectOf: EffectOf,
): Stopped {
  return (ev, by) => {
    const { tenant } = ev.caller;
    for (const { principal, session: id } of by) {
      const session = sessions.findAny(id, tenant);
      const over =
        session?.invalidated ??
        (invalidations.none
          ? undefined
          : invalidations.of({ tenant, principals: [principal.id], roles: [principal.roles] }));
      if (over !== undefined) return ended(ev, over);
      if (
        session !== undefined &&
        quarantineStops(session.quarantine, ev.action?.name ?? '', effectOf)
      ) {
        const note = `${session.quarantine}: the session of ${principal.id}, who delegated it`;
        return { kind: 'deny', code: 'session_quarantined', note };
      }
    }
    return undefined;
  };
}
