/**
 * The first stage: the request is well-formed and within size, the caller may say what it says, the session is the caller's, and the action is
 * canonical and has its digest. Whatever fails here is answered with the code of what is wrong.
 */
import type { Json, Label } from '@portcullis/wire';
import { canonicalAction, readRequest } from '../action/index.ts';
import type { MaybePromise } from '../action/types.ts';
import type { Code } from '../errors.ts';
import type { FlowView } from '../flow/view.ts';
import { type Scopes, scopeIdOf } from '../policy/in-force/scopes.ts';
import type { Registry } from '../provider/types.ts';
import type { SessionState } from '../session/state.ts';
import { type Answer, type Evaluation, type Guard, PASS } from './guard.ts';
import { identify, ownIdentity } from './identity.ts';

export interface Admission {
  readonly registry: Registry;
  readonly startDir: string;
  readonly frozen: (tenant: string) => boolean;
  readonly scopes: Scopes;
  /** The session of this id, or the standing one, opened where it is not yet; undefined where it is nobody's or another's. */
  readonly session: (
    ev: Evaluation,
    id: string | undefined,
  ) => MaybePromise<SessionState | undefined>;
  /** `said`: what the caller says of the arguments. */
  readonly flow: (session: SessionState, said: readonly Label[] | undefined) => FlowView;
  /** From now on the session bears what the caller said, also where this action comes to nothing. */
  readonly bear: (ev: Evaluation, session: SessionState, said: readonly Label[]) => void;
}

const deny = (code: Code, reason?: string, note?: string): Answer => ({
  kind: 'deny',
  code,
  ...(reason === undefined ? {} : { reason }),
  ...(note === undefined ? {} : { note }),
});

export function admissionGuard(admission: Admission): Guard {
  return {
    name: 'admission',
    check(ev): MaybePromise<Answer> {
      const verb = ev.execution === 'provider' ? 'submit' : 'decide';
      const read = readRequest(ev.input, undefined, verb);
      if (!read.ok) {
        ev.fault = read.pointer;
        return deny(read.code, read.message);
      }
      ev.request = read.request;
      if (read.request.execution === 'none') ev.execution = 'none';
      const context = read.request.context;
      const identity =
        context === undefined ? ownIdentity(ev.caller) : identify(ev.caller, context);
      if ('code' in identity) {
        ev.fault = `/context/${identity.field}`;
        return deny(identity.code, undefined, `context.${identity.field}`);
      }
      ev.principal = identity.principal;
      ev.onBehalfOf = identity.onBehalfOf;
      ev.environment = identity.environment;
      if (ev.execution !== 'provider' && read.request.idempotency_key !== undefined) {
        return deny('malformed_request', 'idempotency_key belongs to submit');
      }
      const session = admission.session(ev, read.request.session);
      return session instanceof Promise
        ? session.then((settled) => withSession(admission, ev, settled))
        : withSession(admission, ev, session);
    },
  };
}

/** A scope judges in its own mode, executes nothing, and makes permits for nobody else. */
function scoped({ scopes }: Admission, ev: Evaluation, preset: string): Answer | undefined {
  const scope = scopeIdOf(preset);
  if (scope === undefined) return undefined;
  if (ev.execution === 'provider')
    return deny('malformed_request', 'a scope decides and executes nothing: use decide');
  const audience = ev.request?.audience;
  if (audience !== undefined && audience !== preset)
    return deny('malformed_request', 'permits of a scope are for its own audience');
  ev.mode = scopes.modeOf(scope) ?? 'enforce';
  return undefined;
}

function withSession(
  admission: Admission,
  ev: Evaluation,
  session: SessionState | undefined,
): Answer {
  const request = ev.request;
  if (session === undefined || request === undefined) return deny('unknown_session');
  if (session.preset !== undefined) {
    const wrong = scoped(admission, ev, session.preset);
    if (wrong !== undefined) return wrong;
  }
  if (ev.onBehalfOf === undefined) ev.onBehalfOf = session.onBehalfOf;
  else if (ev.onBehalfOf !== session.onBehalfOf)
    return deny('principal_mismatch', undefined, 'context.on_behalf_of');
  // From here on a refusal is one of this session's: who tries what is not well-formed is seen to try, and counted.
  ev.session = session;
  const definition = admission.registry.definition(request.action);
  const action = canonicalAction({
    tenant: ev.caller.tenant,
    principalId: ev.principal.id,
    onBehalfOf: ev.onBehalfOf,
    request,
    definition,
    startDir: admission.startDir,
    hostExecuted: ev.execution === 'host',
  });
  if (!action.ok) {
    ev.fault = action.pointer;
    return deny(action.code, action.message);
  }
  if (definition !== undefined) {
    const wrong = admission.registry.check(request.action, action.action.params);
    if (wrong !== undefined) {
      ev.fault = `/params${wrong.at}`;
      return deny('invalid_params', `params${wrong.text}`);
    }
  }
  const { labels: said } = request;
  if (said !== undefined) {
    admission.bear(ev, session, said);
    ev.members = { ...ev.members, bears: said as unknown as Json };
  }
  ev.labels = session.labels;
  ev.flow = admission.flow(session, said);
  ev.action = action.action;
  // Last, so that the record of a frozen kernel says what was asked for.
  return admission.frozen(ev.caller.tenant) ? deny('frozen') : PASS;
}
