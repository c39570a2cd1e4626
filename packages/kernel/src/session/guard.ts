/** The session stage: alive, not over, near where it began, and not quarantined beyond what is asked. */
import type { Json, Quarantine } from '@portcullis/wire';
import { type Answer, type Evaluation, type Guard, PASS } from '../gate/guard.ts';
import { type Finding, type Gauge, MOST_WARNINGS } from './drift.ts';
import { type Ended, type InForce, REASONS } from './invalidation.ts';
import type { Asking, Invalidations } from './invalidations.ts';
import type { SessionState } from './state.ts';

/** How much an action may change: what a quarantine of `read_only` lets through. */
export type EffectOf = (actionName: string) => 'read' | 'write' | 'destructive';

export function sessionGuard(
  effectOf: EffectOf,
  invalidations: Invalidations,
  gauge: Gauge | undefined,
): Guard {
  return {
    name: 'session',
    check(ev): Answer {
      const session = ev.session;
      if (session === undefined) return { kind: 'deny', code: 'unknown_session' };
      if (session.closed) return { kind: 'deny', code: 'session_closed' };
      const over = overFor(invalidations, ev, session);
      if (over !== undefined) return ended(ev, over);
      const findings = gauge?.(session, ev.environment, ev.now);
      const drift = findings === undefined ? PASS : drifted(ev, session, findings);
      if (drift.kind !== 'pass' || session.quarantine === 'none') return drift;
      return quarantineStops(session.quarantine, ev.action?.name ?? '', effectOf)
        ? { kind: 'deny', code: 'session_quarantined', note: session.quarantine }
        : drift;
    },
  };
}

/** `read_only` lets reads through, and no other level lets anything. */
export function quarantineStops(level: Quarantine, action: string, effectOf: EffectOf): boolean {
  if (level === 'none') return false;
  // What reaches out is no read here: a request may carry data away in its address.
  const local =
    !action.startsWith('http.') && !action.startsWith('proc.') && !action.startsWith('mcp.');
  return level !== 'read_only' || !local || effectOf(action) !== 'read';
}

/** What ends this action: its session, whoever it speaks for, or a role that anybody of them bears, shown by the request or not. */
export function overFor(
  invalidations: Invalidations,
  ev: Evaluation,
  session: SessionState,
): InForce | undefined {
  if (session.invalidated !== undefined) return session.invalidated;
  return invalidations.none ? undefined : invalidations.of(askingOf(ev));
}

const askingOf = ({ caller, principal, onBehalfOf }: Evaluation): Asking => ({
  tenant: caller.tenant,
  principals: [principal.id, caller.principal.id, onBehalfOf],
  roles: [principal.roles, caller.principal.roles],
});

export function ended(ev: Evaluation, over: InForce): Answer {
  ev.over = over;
  return { kind: 'deny', code: 'invalidated', note: `${over.target} ${over.id}: ${over.reason}` };
}

function drifted(ev: Evaluation, session: SessionState, findings: readonly Finding[]): Answer {
  const note = `drift: ${findings.map((finding) => `${finding.level}: ${finding.note}`).join('; ')}`;
  if (findings.some(({ level }) => level === 'violation')) {
    // Observing changes nothing: what enforcing would have ended goes on.
    if (ev.mode === 'enforce') end(ev, [{ target: 'session', id: session.id, guard: 'drift' }]);
    return { kind: 'deny', code: 'drift_violation', note };
  }
  return findings.length >= MOST_WARNINGS
    ? { kind: 'deny', code: 'drift_detected', note }
    : { kind: 'pass', note };
}

/** The decision ends these: its record says so, and they are over from that record on. */
export function end(ev: Evaluation, what: readonly Ended[], reason?: string): void {
  const [first] = what;
  if (first === undefined) return;
  ev.over = { ...first, reason: reason ?? (REASONS[first.guard] as string) };
  ev.members = { ...ev.members, invalidates: what as unknown as Json };
}
