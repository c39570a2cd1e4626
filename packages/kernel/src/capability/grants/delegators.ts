/** What stops a delegator stops what it delegated: its session's quarantine, and an end of its session, of itself or of a role it bore. */
import type { Answer, Evaluation } from '../../gate/guard.ts';
import { type EffectOf, ended, quarantineStops } from '../../session/guard.ts';
import type { InForce } from '../../session/invalidation.ts';
import type { Invalidations } from '../../session/invalidations.ts';
import type { SessionRegistry } from '../../session/registry.ts';
import type { Delegator, GrantTerms } from './grant.ts';

export type Stopped = (ev: Evaluation, by: readonly Delegator[]) => Answer | undefined;

/** Where it is seen whether a delegator is stopped. */
export interface Watched {
  readonly sessions: SessionRegistry;
  readonly invalidations: Invalidations;
  readonly effectOf: EffectOf;
}

type Stop = { readonly over: InForce } | { readonly note: string };

function stopOf(
  { sessions, invalidations, effectOf }: Watched,
  tenant: string,
  action: string,
  by: readonly Delegator[],
): Stop | undefined {
  for (const { principal, session: id } of by) {
    const session = sessions.findAny(id, tenant);
    const over =
      session?.invalidated ??
      (invalidations.none
        ? undefined
        : invalidations.of({ tenant, principals: [principal.id], roles: [principal.roles] }));
    if (over !== undefined) return { over };
    if (session !== undefined && quarantineStops(session.quarantine, action, effectOf))
      return { note: `${session.quarantine}: the session of ${principal.id}, who delegated it` };
  }
  return undefined;
}

export function delegatorsStop(watched: Watched): Stopped {
  return (ev, by) => {
    const stop = stopOf(watched, ev.caller.tenant, ev.action?.name ?? '', by);
    if (stop === undefined) return undefined;
    return 'over' in stop
      ? ended(ev, stop.over)
      : { kind: 'deny', code: 'session_quarantined', note: stop.note };
  };
}

/** The same of a grant that nobody shows at the moment: what was got with it. `actionOf`: which action it is for. */
export const delegatorsStopped =
  (watched: Watched, actionOf: (terms: GrantTerms) => string) =>
  (terms: GrantTerms): boolean =>
    terms.by.length > 0 && stopOf(watched, terms.tenant, actionOf(terms), terms.by) !== undefined;
