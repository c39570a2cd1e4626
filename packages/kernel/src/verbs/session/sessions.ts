/** Sessions: opened, shown, closed, quarantined; each change is a record before it holds. */
import type { SessionOptions, SessionView, Turn } from '@portcullis/wire';
import { readContext } from '../../action/index.ts';
import { PortcullisError } from '../../errors.ts';
import type { Caller, Evaluation } from '../../gate/guard.ts';
import { type Identity, identify, mayActAs } from '../../gate/identity.ts';
import type { Parts } from '../../parts.ts';
import { scopeIdOf, scopeName } from '../../policy/in-force/scopes.ts';
import { eventMembers } from '../../record/event.ts';
import { MOST_BELOW, mintSessionId } from '../../session/registry.ts';
import type { NewSession, SessionKey, SessionState } from '../../session/state.ts';
import { withdrawAllOf } from '../approval/approvals.ts';
import { expire } from './expire.ts';
import { releaseSession } from './release.ts';

type Recorder = Pick<
  Parts,
  'journal' | 'state' | 'events' | 'now' | 'flows' | 'behaviours' | 'life'
>;

function begin(
  parts: Recorder,
  session: NewSession,
): { state: SessionState; durable: Promise<void> } {
  const { id, principal, onBehalfOf, label, preset, standing, parent, origin } = session;
  const record = parts.journal.append({
    kind: 'state',
    tenant: session.tenant,
    at: session.opened,
    // What is compared with what others say stands as it was: a redacted principal or device is another one.
    members: eventMembers('session.opened', label === undefined ? {} : { label }, {
      session: id,
      principal,
      ...(onBehalfOf === undefined ? {} : { on_behalf_of: onBehalfOf }),
      ...(preset === undefined ? {} : { preset }),
      ...(standing === undefined ? {} : { standing }),
      ...(parent === undefined ? {} : { parent }),
      began: { ...origin },
    }),
  });
  const state = parts.state.sessions.open(session);
  parts.events.emit(session.tenant, session.principal, 'session', session.opened, {
    session: session.id,
    change: 'opened',
  });
  return { state, durable: record.durable };
}

/** The session that an action belongs to: the one it names, or the credential's standing one. */
export function sessionOf(
  parts: Recorder,
  ev: Evaluation,
  id: string | undefined,
): SessionState | undefined {
  const { sessions } = parts.state;
  if (id !== undefined) {
    const named = sessions.find(id, ev.caller.tenant, ev.principal.id);
    if (named !== undefined) expire(parts, named, ev.now);
    return named;
  }
  const key = { tenant: ev.caller.tenant, principal: ev.principal.id, onBehalfOf: ev.onBehalfOf };
  return standing(parts, key, ev.caller.credential, ev.environment, ev.now);
}

/** Opened when it is first needed. Its record stands before those of its actions in the chain, and is durable when they are. */
function standing(
  parts: Recorder,
  key: SessionKey,
  credential: string,
  environment: Evaluation['environment'],
  now: number,
): SessionState {
  const open = parts.state.sessions.standing(key, credential);
  if (open !== undefined) return open;
  const id = mintSessionId();
  const session = { ...key, id, opened: now, standing: credential, origin: environment };
  return begin(parts, session).state;
}

export async function openSession(
  parts: Parts,
  caller: Caller,
  options: SessionOptions,
): Promise<SessionView> {
  const identity = identityOf(caller, options);
  const scope = options.scope === undefined ? undefined : parts.scopes.of(caller, options.scope).id;
  if (scope !== undefined && options.preset !== undefined)
    throw new PortcullisError('malformed_request', 'a scope takes no preset');
  if (options.preset !== undefined && !parts.policyOrigin.hasPreset(options.preset)) {
    throw new PortcullisError(
      'not_found',
      `there is no preset ${JSON.stringify(options.preset.slice(0, 64))}`,
    );
  }
  const parent = options.parent === undefined ? undefined : above(parts, caller, options.parent);
  const { tenant } = caller;
  const { sessions } = parts.state;
  const own = sessions.sizeOf(tenant, identity.principal.id);
  parts.life.needRoom(sessions.size, own, sessions.sizeOfTenant(tenant));
  const { state, durable } = begin(parts, {
    id: mintSessionId(),
    tenant,
    principal: identity.principal.id,
    onBehalfOf: identity.onBehalfOf,
    label: options.label,
    preset: scope === undefined ? options.preset : scopeName(scope),
    opened: parts.now(),
    origin: identity.environment,
    parent,
  });
  await durable;
  return view(state);
}

/** The session that one is opened below: the caller finds it, and it lives. */
function above(parts: Parts, caller: Caller, id: string): string {
  const parent = findSession(parts, caller, id);
  if (parent.closed) throw new PortcullisError('session_closed');
  let depth = 1;
  for (const _ of parts.state.sessions.line(parent)) depth++;
  if (depth > MOST_BELOW)
    throw new PortcullisError('conflict', `at most ${MOST_BELOW} sessions are below one another`);
  return parent.id;
}

/** Whose session it is to be: the caller's own, or of whom the caller may say that it is. */
function identityOf(caller: Caller, { context, on_behalf_of }: SessionOptions): Identity {
  if (on_behalf_of !== undefined && context?.on_behalf_of !== undefined) {
    throw new PortcullisError('malformed_request', 'on_behalf_of is given twice');
  }
  const read = readContext(
    on_behalf_of === undefined ? { ...context } : { ...context, on_behalf_of },
  );
  if (!read.ok) throw new PortcullisError(read.code, read.message);
  const identity = identify(caller, read.context);
  if ('code' in identity) throw new PortcullisError(identity.code, `context.${identity.field}`);
  return identity;
}

/** An administrator finds every session of the tenant; anybody else its own, and those of principals it may act as. */
export function findSession(parts: Parts, caller: Caller, id: string | undefined): SessionState {
  const { sessions } = parts.state;
  const key = { tenant: caller.tenant, principal: caller.principal.id, onBehalfOf: undefined };
  let found: SessionState | undefined;
  if (id === undefined) found = standing(parts, key, caller.credential, {}, parts.now());
  else if (caller.rights.has('quarantine')) found = sessions.findAny(id, caller.tenant);
  else {
    found = sessions.findAny(id, caller.tenant);
    if (found !== undefined && !mayActAs(caller, found.principal)) found = undefined;
  }
  if (found === undefined) throw new PortcullisError('unknown_session');
  return found;
}

export async function closeSession(parts: Parts, caller: Caller, id: string): Promise<SessionView> {
  const session = findSession(parts, caller, id);
  if (session.closed) return view(session);
  if (session.standing !== undefined)
    throw new PortcullisError('conflict', 'a standing session cannot be closed');
  // Before the end of the session is on record: a crash between the two leaves nothing that can only be approved in vain.
  const withdrawn = withdrawAllOf(parts, caller, id);
  const durable = change(parts, session, 'session.closed', {});
  releaseSession(parts, id, parts.now());
  await Promise.all([withdrawn, durable]);
  return view(session);
}

/** A turn of the user is trusted input: its digest is recorded, its text is not kept. */
export async function addTurn(
  parts: Parts,
  caller: Caller,
  id: string,
  turn: Turn,
): Promise<SessionView> {
  if (!caller.mayAssert.userTurns) throw new PortcullisError('assertion_not_allowed', 'user turns');
  const session = findSession(parts, caller, id);
  const said = { role: turn.role, characters: turn.text.length };
  session.used = parts.now();
  // Nothing is trusted for a turn that is not on record.
  await change(parts, session, 'session.turn', said);
  parts.flows.turn(session, turn.text);
  parts.flows.delegations.begin(id);
  return view(session);
}

export async function change(
  parts: Parts,
  session: SessionState,
  event: string,
  fields: Record<string, string | number>,
): Promise<void> {
  const at = parts.now();
  const record = parts.journal.append({
    kind: 'state',
    tenant: session.tenant,
    at,
    members: eventMembers(event, { session: session.id, principal: session.principal, ...fields }),
  });
  await record.durable;
  parts.events.emit(session.tenant, session.principal, 'session', at, {
    session: session.id,
    change: event.slice('session.'.length),
    record: record.seq,
  });
}

function judgedBy(preset: string | undefined): Pick<SessionView, 'preset' | 'scope'> {
  const scope = scopeIdOf(preset);
  if (scope !== undefined) return { scope };
  return preset === undefined ? {} : { preset };
}

export function view(session: SessionState): SessionView {
  return {
    id: session.id,
    principal: session.principal,
    ...(session.onBehalfOf === undefined ? {} : { on_behalf_of: session.onBehalfOf }),
    ...(session.label === undefined ? {} : { label: session.label }),
    ...judgedBy(session.preset),
    ...(session.parent === undefined ? {} : { parent: session.parent }),
    opened: new Date(session.opened).toISOString(),
    status: session.invalidated !== undefined ? 'invalidated' : session.closed ? 'closed' : 'open',
    quarantine: session.quarantine,
    actions: session.actions,
    denied: session.denied,
    labels: session.labels,
  };
}
