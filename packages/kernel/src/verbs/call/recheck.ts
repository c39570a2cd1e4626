/** What has been recorded since an action was judged and would deny it now: while a guard waited, while it ran, or while its result streams. */
import { tokenOf } from '../../capability/guard.ts';
import type { Evaluation } from '../../gate/guard.ts';
import { type Judgement, refusal } from '../../gate/judgement.ts';
import type { Parts } from '../../parts.ts';
import { effectsOf } from '../../session/effects.ts';
import { overFor, quarantineStops } from '../../session/guard.ts';

export function recheck(parts: Parts, ev: Evaluation): Judgement | undefined {
  const { state, registry } = parts;
  const { session } = ev;
  if (session === undefined) return undefined;
  if (state.freezes.stops(ev.caller.tenant)) return refusal('admission', 'frozen');
  if (session.closed) return refusal('session', 'session_closed');
  if (session.quarantine !== 'none' && ev.mode === 'enforce') {
    if (quarantineStops(session.quarantine, ev.action?.name ?? '', effectsOf(registry)))
      return refusal('session', 'session_quarantined', { note: session.quarantine });
  }
  const over = overFor(state.invalidations, ev, session);
  if (over !== undefined) {
    ev.over = over;
    return refusal('session', 'invalidated', { note: `${over.target} ${over.id}: ${over.reason}` });
  }
  const token = ev.request?.token;
  return token === undefined || ev.mode !== 'enforce' ? undefined : fallen(parts, ev, token);
}

/** Its grant, or a block of its token, was revoked, or who delegated it is stopped. That its time is over by now stops nothing that is under way. */
function fallen({ granting }: Parts, ev: Evaluation, text: string): Judgement | undefined {
  const { mint, grants, stopped } = granting;
  const token = tokenOf(mint, ev, text);
  if ('fault' in token) return undefined;
  const { grant: id } = token.verified.claims;
  if (!grants.isOver(id, token.verified)) return undefined;
  const answer = stopped(ev, grants.get(id)?.terms.by ?? []);
  const code = answer === undefined || answer.kind === 'pass' ? 'token_revoked' : answer.code;
  return refusal('capability', code, { reason: 'the grant is over' });
}
