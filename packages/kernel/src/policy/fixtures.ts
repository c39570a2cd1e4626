/** For tests alone: evaluations made by hand, as the gate would hand them to the policy. */
import type { JsonObject, Principal } from '@portcullis/wire';
import { type Environment, Evaluation } from '../gate/guard.ts';
import type { SessionState } from '../session/state.ts';

export const NOON = Date.UTC(2026, 0, 5, 12);

export interface Given {
  readonly action?: string;
  readonly resource?: string;
  readonly kind?: string;
  readonly params?: JsonObject;
  readonly principal?: Partial<Principal>;
  readonly onBehalfOf?: string;
  readonly tenant?: string;
  readonly session?: Partial<SessionState> | null;
  readonly env?: Environment;
  readonly now?: number;
}

export function evaluationOf(given: Given = {}): Evaluation {
  const now = given.now ?? NOON;
  const principal: Principal = {
    id: 'bot-1',
    kind: 'agent',
    roles: [],
    attributes: {},
    ...given.principal,
  };
  const caller = {
    tenant: given.tenant ?? 'default',
    credential: 'test',
    principal,
    rights: new Set<never>(),
    mayAssert: { principals: [], roles: [], onBehalfOf: [], context: [], userTurns: false },
  };
  const ev = new Evaluation('01', now, caller, undefined, 'enforce', 'provider');
  const params = given.params ?? {};
  ev.action = {
    name: given.action ?? 'issue_refund',
    resource: { kind: given.kind ?? 'other', value: given.resource ?? '' },
    params,
    paramsText: JSON.stringify(params),
    digest: '',
    hostPath: false,
  };
  ev.onBehalfOf = given.onBehalfOf;
  ev.environment = given.env ?? {};
  ev.session = given.session === null ? undefined : { ...session(now), ...given.session };
  return ev;
}

function session(now: number): SessionState {
  return {
    id: 's1',
    tenant: 'default',
    principal: 'bot-1',
    onBehalfOf: undefined,
    label: undefined,
    preset: undefined,
    opened: now,
    origin: {},
    standing: undefined,
    closed: false,
    quarantine: 'none',
    actions: 0,
    denied: 0,
    labels: [],
  };
}
