/**
 * A refused action tried again with something different, as a pure check: every stage that judges is asked, nothing is taken, counted, held or recorded.
 * What waits for a slower store is not tried: nobody is told what nobody has seen.
 */
import type { Json, JsonObject } from '@portcullis/wire';
import { canonicalAction } from '../action/index.ts';
import { arrayIndex, parsePointer } from '../action/json/pointer.ts';
import { isPlainObject } from '../action/plain.ts';
import type { ParamsMistake } from '../action/schema/schema.ts';
import type { ResourceTraits } from '../action/types.ts';
import type { Gate } from '../gate/gate.ts';
import { Evaluation } from '../gate/guard.ts';
import type { Judgement } from '../gate/judgement.ts';
import { NO_ORIGIN, type SessionState } from '../session/state.ts';
import { LEFT_OUT, type Sample } from './samples.ts';

/** What is known of actions: how they are named, and what their arguments have to be. */
interface Definitions {
  definition(action: string): ResourceTraits | undefined;
  /** What is wrong with the parameters; undefined where nothing is. */
  check(action: string, params: Readonly<JsonObject>): ParamsMistake | undefined;
}

/** The gate without the stages that take something; and without the one that asks for a grant too. */
export interface Rehearsal {
  readonly whole: Gate;
  readonly granted: Gate;
  readonly registry: Definitions;
  readonly startDir: string;
}

export const rehearsal = (gate: Gate, registry: Definitions, startDir: string): Rehearsal =>
  Object.freeze({
    whole: gate.without('budget', 'permit'),
    granted: gate.without('capability', 'budget', 'permit'),
    registry,
    startDir,
  });

export interface Different {
  /** By argument, as `ArgumentHelp` names them. */
  readonly values?: ReadonlyMap<string, Sample>;
  /** Of `/params`: the pointers that may stay. */
  readonly only?: readonly string[];
  /** Milliseconds since the epoch. */
  readonly at?: number;
  readonly granted?: boolean;
  readonly session?: 'new' | 'released';
}

/** What the gate would say; undefined where it cannot be asked. */
export function rehearse(
  { whole, granted, registry, startDir }: Rehearsal,
  ev: Evaluation,
  different: Different,
): Judgement['effect'] | undefined {
  const { action, request, session } = ev;
  if (action === undefined || request === undefined || session === undefined) return undefined;
  const { values, at = ev.now } = different;
  const probe = new Evaluation(ev.id, at, ev.caller, undefined, 'enforce', 'none');
  probe.principal = ev.principal;
  probe.onBehalfOf = ev.onBehalfOf;
  probe.environment = ev.environment;
  probe.labels = ev.labels;
  probe.invoked = ev.invoked;
  probe.grant = ev.grant;
  probe.flow = ev.flow;
  probe.session = session;
  if (different.session !== undefined) {
    probe.session = different.session === 'new' ? opened(session, at) : released(session);
    // What the new one will have seen is not known, and it is not nothing.
    if (different.session === 'new') probe.flow = undefined;
  }
  const { resume: _, ...asked } = request;
  const reason = values?.get('/justification');
  probe.request = typeof reason === 'string' ? { ...asked, justification: reason } : asked;
  if (different.granted === true) {
    const { token: __, ...bare } = probe.request;
    probe.request = bare;
    probe.grant = { id: '', justification: undefined, by: [] };
  }
  if (values === undefined) probe.action = action;
  else {
    const changed = changedAction(ev, different, registry, startDir);
    if (changed === undefined) return undefined;
    probe.action = changed;
  }
  const judged = (different.granted === true ? granted : whole).judge(probe);
  if (judged instanceof Promise) {
    judged.catch(() => {});
    return undefined;
  }
  return judged.effect;
}

function changedAction(
  ev: Evaluation,
  { values, only }: Different,
  registry: Definitions,
  startDir: string,
): Evaluation['action'] {
  const action = ev.action as NonNullable<Evaluation['action']>;
  let params: JsonObject | undefined = action.params as JsonObject;
  let resource: Sample = action.resource.value;
  if (only !== undefined) params = kept(params, only);
  for (const [argument, value] of values ?? []) {
    if (argument === '/resource') resource = value;
    else if (argument.startsWith('/params/') && params !== undefined)
      params = changed(params, parsePointer(argument.slice('/params'.length)) ?? [], value);
  }
  if (params === undefined || typeof resource !== 'string') return undefined;
  const definition = registry.definition(action.name);
  const read = canonicalAction({
    tenant: ev.caller.tenant,
    principalId: ev.principal.id,
    onBehalfOf: ev.onBehalfOf,
    request: { action: action.name, resource, params },
    definition,
    startDir,
    hostExecuted: action.hostPath,
  });
  if (!read.ok) return undefined;
  if (definition !== undefined && registry.check(action.name, read.action.params) !== undefined)
    return undefined;
  return read.action;
}

/** A copy with another value at that place; undefined where there is no such place. */
function changed(
  root: JsonObject,
  [first, ...rest]: readonly string[],
  value: Sample,
): JsonObject | undefined {
  if (first === undefined) return undefined;
  const copy: JsonObject = { ...root };
  if (rest.length === 0) {
    if (value === LEFT_OUT) delete copy[first];
    else copy[first] = value;
    return copy;
  }
  const below = within(Object.hasOwn(root, first) ? root[first] : {}, rest, value);
  if (below === undefined) return undefined;
  copy[first] = below;
  return copy;
}

function within(at: Json | undefined, rest: readonly string[], value: Sample): Json | undefined {
  if (typeof at !== 'object' || at === null) return undefined;
  if (!Array.isArray(at)) return isPlainObject(at) ? changed(at, rest, value) : undefined;
  const index = arrayIndex(rest[0] as string);
  if (index === undefined || index >= at.length || value === LEFT_OUT) return undefined;
  const more = rest.length === 1 ? value : within(at[index], rest.slice(1), value);
  if (more === undefined) return undefined;
  return at.map((element, i) => (i === index ? more : element));
}

/** What stays of the parameters at the top where only these pointers are known. */
function kept(params: JsonObject, only: readonly string[]): JsonObject {
  const names = new Set(only.map((pointer) => parsePointer(pointer)?.[0]));
  return Object.fromEntries(Object.entries(params).filter(([name]) => names.has(name)));
}

const released = (session: SessionState): SessionState => ({ ...session, quarantine: 'none' });

const opened = (session: SessionState, at: number): SessionState => ({
  ...session,
  id: '',
  opened: at,
  used: at,
  origin: NO_ORIGIN,
  standing: undefined,
  closed: false,
  quarantine: 'none',
  invalidated: undefined,
  actions: 0,
  denied: 0,
  labels: [],
  minute: 0,
  recent: 0,
  before: 0,
});
