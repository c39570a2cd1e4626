/** What has been recorded since an action was judged and would deny it now: while a guard waited, or while its result streams. */
import type { Evaluation } from '../../gate/guard.ts';
import { type Judgement, refusal } from '../../gate/judgement.ts';
import type { Parts } from '../../parts.ts';
import { effectsOf } from '../../session/effects.ts';
import { overFor, quarantineStops } from '../../session/guard.ts';

export function recheck({ state, registry }: Parts, ev: Evaluation): Judgement | undefined {
  const { session } = ev;
  if (session === undefined) return undefined;
  if (state.frozen) return refusal('admission', 'frozen');
  if (session.closed) return refusal('session', 'session_closed');
  if (session.quarantine !== 'none' && ev.mode === 'enforce') {
    if (quarantineStops(session.quarantine, ev.action?.name ?? '', effectsOf(registry)))
      return refusal('session', 'session_quarantined', { note: session.quarantine });
  }
  const over = overFor(state.invalidations, ev, session);
  if (over === undefined) return undefined;
  ev.over = over;
  return refusal('session', 'invalidated', { note: `${over.target} ${over.id}: ${over.reason}` });
}
