/** The session stage: alive, and not quarantined beyond what is asked. */
import { type Answer, type Guard, PASS } from '../gate/guard.ts';

/** How much an action may change: what a quarantine of `read_only` lets through. */
export type EffectOf = (actionName: string) => 'read' | 'write' | 'destructive';

export function sessionGuard(effectOf: EffectOf): Guard {
  return {
    name: 'session',
    check(ev): Answer {
      const session = ev.session;
      if (session === undefined) return { kind: 'deny', code: 'unknown_session' };
      if (session.closed) return { kind: 'deny', code: 'session_closed' };
      if (session.quarantine === 'none') return PASS;
      const action = ev.action?.name ?? '';
      // What reaches out is no read here: a request may carry data away in its address.
      const local =
        !action.startsWith('http.') && !action.startsWith('proc.') && !action.startsWith('mcp.');
      if (session.quarantine === 'read_only' && local && effectOf(action) === 'read') return PASS;
      return { kind: 'deny', code: 'session_quarantined', note: session.quarantine };
    },
  };
}
