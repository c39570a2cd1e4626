/** For tests alone: evaluations made by hand, as the gate would hand them to the policy. */
import type { JsonObject, Principal } from '@portcullis/wire';
import { MemoryRates } from '../../budget/index.ts';
import { type Answer, type Environment, Evaluation, type RuleVerdict } from '../../gate/guard.ts';
import { newSession, type SessionState } from '../../session/state.ts';
import { type Layer, loadPolicy } from '../load.ts';
import type { RateStore } from '../types.ts';

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
  readonly justification?: string | undefined;
  /** The justification of the grant that it comes with; empty for a grant without. */
  readonly granted?: string | undefined;
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
  if (given.justification !== undefined)
    ev.request = {
      action: ev.action.name,
      params,
      paramsText: ev.action.paramsText,
      justification: given.justification,
    };
  if (given.granted !== undefined)
    ev.grant = { id: 'gr_1', justification: given.granted || undefined, by: [] };
  ev.onBehalfOf = given.onBehalfOf;
  ev.environment = given.env ?? {};
  ev.session = given.session === null ? undefined : { ...session(now), ...given.session };
  return ev;
}

const session = (opened: number): SessionState =>
  newSession({ id: 's1', tenant: 'default', principal: 'bot-1', onBehalfOf: undefined, opened });

/** One document of the server's layer, with these rules. */
export const server = (...rules: object[]): Layer => ({
  layer: 'server',
  name: 'test',
  document: { version: 1, rules } as unknown as JsonObject,
});

export interface Asked {
  readonly answer: Answer;
  readonly verdict: RuleVerdict | undefined;
  /** The effect where it passes, else the code. */
  readonly said: string;
}

export async function ask(
  layers: Layer | Layer[],
  given: Given = {},
  rates: RateStore = new MemoryRates(),
): Promise<Asked> {
  const policy = loadPolicy([layers].flat());
  const ev = evaluationOf(given);
  const answer = await policy.evaluate(ev, rates);
  const said = answer.kind === 'pass' ? (ev.verdict?.effect ?? '') : answer.code;
  return { answer, verdict: ev.verdict, said };
}
