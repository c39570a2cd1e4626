/** Tells those who listen what is over: whose session it is, the principal itself, who may act as one or bear the role, and every auditor. */
import type { Parts } from '../../parts.ts';
import { type InForce, toldTo } from '../../session/invalidation.ts';

export function announceEnd(
  { events, state }: Pick<Parts, 'events' | 'state'>,
  ended: InForce,
): void {
  const { target, tenant, id } = ended;
  const principal =
    target === 'session'
      ? state.sessions.findAny(id, tenant)?.principal
      : target === 'principal'
        ? id
        : undefined;
  events.emit(
    tenant,
    principal,
    'invalidated',
    ended.at,
    { ...toldTo(ended, false), record: ended.record },
    {
      auditor: { reason: ended.reason },
      ...(target === 'role' ? { role: id } : {}),
    },
  );
}
