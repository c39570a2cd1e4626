/** What goes with a session, in the same run as the record of its end. */
import type { Parts } from '../../parts.ts';

export function releaseSession(
  { state, flows, behaviours }: Pick<Parts, 'state' | 'flows' | 'behaviours'>,
  session: string,
  now: number,
): void {
  state.sessions.close(session, now);
  flows.close(session);
  flows.vouched.close(session);
  flows.delegations.begin(session);
  behaviours.dataFlow.close(session);
  behaviours.sequences.close(session);
}
