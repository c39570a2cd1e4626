/** Ending a session, a principal or a role at once, and lifting that: administrative actions, in force from their record on. */
import type {
  Invalidation,
  InvalidationListener,
  InvalidationRequest,
  InvalidationTarget,
  Listening,
  ListenOptions,
} from '@portcullis/wire';
import { isVisible } from '../../action/text.ts';
import { PortcullisError } from '../../errors.ts';
import type { EventScope } from '../../events.ts';
import type { Caller } from '../../gate/guard.ts';
import { covers } from '../../gate/identity.ts';
import type { Parts } from '../../parts.ts';
import { eventMembers } from '../../record/event.ts';
import { type InForce, viewOf } from '../../session/invalidation.ts';
import { ListenerQueue } from '../../session/listeners.ts';
import { administer, needReason } from '../admin/administer.ts';
import { announceEnd } from './announce-end.ts';

const TARGETS: readonly InvalidationTarget[] = ['session', 'principal', 'role'];
const LONGEST_ID = 256;
/** Rows of one listing. */
const MOST_LISTED = 10_000;

export async function invalidate(
  parts: Parts,
  caller: Caller,
  request: InvalidationRequest,
): Promise<Invalidation> {
  const { target, id, reason } = checked(request);
  const { invalidations } = parts.state;
  let made: InForce | undefined;
  await change(parts, caller, 'portcullis.invalidate', request, () => {
    needSession(parts, caller, target, id);
    if (target !== 'session' && invalidations.full && !invalidations.get(target, caller.tenant, id))
      throw new PortcullisError(
        'conflict',
        'too many principals and roles are invalidated: restore some',
      );
    const { seq, at, durable } = append(parts, caller, 'invalidated', request);
    made = { target, id, reason, guard: 'administrator', tenant: caller.tenant, at, record: seq };
    // Holds though the record could not be made durable: the safe side.
    invalidations.put(made);
    announceEnd(parts, made);
    return durable;
  });
  return viewOf(made as InForce, true);
}

export async function restore(
  parts: Parts,
  caller: Caller,
  request: InvalidationRequest,
): Promise<void> {
  const { target, id } = checked(request);
  await change(parts, caller, 'portcullis.restore', request, async () => {
    needSession(parts, caller, target, id);
    const { invalidations } = parts.state;
    const found = invalidations.get(target, caller.tenant, id);
    if (found === undefined) throw new PortcullisError('conflict', 'it is not invalidated');
    const { at, durable, seq } = append(parts, caller, 'restored', request);
    invalidations.lift(target, caller.tenant, id);
    try {
      await durable;
    } catch (error) {
      invalidations.put(found);
      throw error;
    }
    parts.events.emit(caller.tenant, undefined, 'restored', at, { target, id, record: seq });
  });
}

/** Those in force: all of the tenant for an auditor, else what ends the caller or whom it may act as. */
export function listInvalidations(parts: Parts, scope: EventScope): Invalidation[] {
  const auditor = scope.principal === undefined;
  const found: Invalidation[] = [];
  for (const one of parts.state.invalidations.all(scope.tenant)) {
    if (!auditor && !concerns(parts, scope, one)) continue;
    found.push(viewOf(one, auditor));
    if (found.length >= MOST_LISTED) break;
  }
  return found;
}

export function onInvalidation(
  parts: Parts,
  scope: EventScope,
  listener: InvalidationListener,
  options: ListenOptions = {},
): Listening {
  if (typeof listener !== 'function')
    throw new PortcullisError('malformed_request', 'a listener is a function');
  const report =
    options.onError ??
    ((error) => parts.onMessage('fault', `a listener of invalidations failed: ${String(error)}`));
  const queue = new ListenerQueue(listener, report);
  const leave = parts.events.tap('invalidated', scope, ({ target, id, reason, guard }) =>
    queue.push(Object.freeze({ target, id, reason, guard }) as Parameters<InvalidationListener>[0]),
  );
  const end = (): void => {
    leave();
    queue.end();
  };
  return Object.assign(end, { ready: Promise.resolve() });
}

function checked(request: InvalidationRequest): InvalidationRequest {
  const { target, id, reason } = request ?? {};
  if (!TARGETS.includes(target))
    throw new PortcullisError('malformed_request', `target is one of ${TARGETS.join(', ')}`);
  if (typeof id !== 'string' || id === '' || id.length > LONGEST_ID || !isVisible(id))
    throw new PortcullisError(
      'malformed_request',
      `an id is a text of 1 to ${LONGEST_ID} visible characters`,
    );
  needReason(reason);
  return { target, id, reason };
}

function needSession(parts: Parts, caller: Caller, target: InvalidationTarget, id: string): void {
  if (target === 'session' && parts.state.sessions.findAny(id, caller.tenant) === undefined)
    throw new PortcullisError('unknown_session');
}

function change(
  parts: Parts,
  caller: Caller,
  name: string,
  { target, id, reason }: InvalidationRequest,
  run: () => Promise<void>,
): Promise<boolean> {
  const params = { target, id, reason };
  return administer(parts, caller, { name, right: 'quarantine', params }, async () => {
    await run();
    return true;
  });
}

function append(
  parts: Parts,
  caller: Caller,
  event: 'invalidated' | 'restored',
  { target, id, reason }: InvalidationRequest,
) {
  const at = parts.now();
  const { seq, durable } = parts.journal.append({
    kind: 'state',
    tenant: caller.tenant,
    at,
    // The id is compared with what credentials and sessions say: it stands as it is.
    members: eventMembers(event, { reason, by: caller.credential }, { target, id }),
  });
  return { seq, at, durable };
}

function concerns(parts: Parts, scope: EventScope, { target, tenant, id }: InForce): boolean {
  if (target === 'role') return covers(scope.bears, id);
  const principal =
    target === 'principal' ? id : parts.state.sessions.findAny(id, tenant)?.principal;
  return (
    principal !== undefined && (principal === scope.principal || covers(scope.actsAs, principal))
  );
}
