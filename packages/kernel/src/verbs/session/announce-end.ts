/** Tells those who listen what is over: whose session it is, the principal itself, who may act as one or bear the role, and every auditor. */
import type { Parts } from '../../parts.ts';
import { type Held, toldTo } from '../../session/over.ts';

export function announceEnd({ events, state }: Pick<Parts, 'events' | 'state'>, held: Held): void {
  const { target, tenant, id } = held;
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
    held.at,
    { ...toldTo(held, false), record: held.record },
    {
      auditor: { reason: held.reason },
      ...(target === 'role' ? { role: id } : {}),
    },
  );
}
