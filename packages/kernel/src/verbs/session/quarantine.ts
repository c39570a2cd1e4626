/**
 * Quarantine by hand, and its end. It holds from its record on, for the session and for all below it. Release is an administrative action, recorded before and
 * after, and never one's own: it takes another principal than any whose quarantine it lifts.
 */
import type { Quarantine, SessionView } from '@portcullis/wire';
import { PortcullisError } from '../../errors.ts';
import type { Caller } from '../../gate/guard.ts';
import { refusal } from '../../gate/judgement.ts';
import type { Parts } from '../../parts.ts';
import { isQuarantine, isStricter, LEVELS } from '../../session/quarantine.ts';
import type { SessionState } from '../../session/state.ts';
import { administer } from '../admin/administer.ts';
import { change, findSession, view } from './sessions.ts';

export async function quarantine(
  parts: Parts,
  caller: Caller,
  id: string,
  level: Quarantine,
  reason: string,
): Promise<SessionView> {
  // A level that is none would be on record and hold nothing.
  if (!isQuarantine(level))
    throw new PortcullisError('malformed_request', `level is one of ${LEVELS.join(', ')}`);
  const session = findSession(parts, caller, id);
  if (isStricter(session.quarantine, level)) await release(parts, caller, session, level, reason);
  else {
    const durable = change(parts, session, 'session.quarantined', {
      level,
      reason,
      by: caller.credential,
    });
    // Stays though its record could not be made durable: the safe side.
    parts.state.sessions.quarantine(session.id, level);
    await durable;
  }
  return view(session);
}

async function release(
  parts: Parts,
  caller: Caller,
  session: SessionState,
  level: Quarantine,
  reason: string,
): Promise<void> {
  const { sessions } = parts.state;
  const from = session.quarantine;
  const params = { session: session.id, from, to: level, reason };
  const own = [...sessions.line(session)].some((one) => isOwn(caller, one));
  await administer(
    parts,
    caller,
    { name: 'portcullis.release', right: 'quarantine', params },
    async () => {
      const [, parent] = sessions.line(session);
      if (parent !== undefined && isStricter(parent.quarantine, level))
        throw new PortcullisError('conflict', `it is held by ${parent.id}: release that`);
      if (isStricter(session.quarantine, from))
        throw new PortcullisError('conflict', 'it was quarantined again meanwhile');
      const fields = { level, reason, by: caller.credential };
      // In force only when it is recorded for good.
      const recorded = change(parts, session, 'session.released', fields);
      await sessions.releaseAfter(recorded, session.id, level);
      return true;
    },
    own ? refusal('approval', 'self_approval') : undefined,
  );
}

const isOwn = ({ principal, credential }: Caller, session: SessionState): boolean =>
  principal.id === session.principal ||
  session.forebears.includes(principal.id) ||
  (session.standing !== undefined && session.standing === credential);
