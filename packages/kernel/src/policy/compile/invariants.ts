/**
 * Hard caps. An invariant on a parameter that its action lacks, or has in another type, is violated: what cannot be checked does not
 * pass. Without an action, it is on every action that carries the parameter or whose definition declares it.
 */
import type { Json, JsonObject } from '@portcullis/wire';
import type { Action } from '../../action/index.ts';
import { type Pointer, parsePointer, resolve } from '../../action/json/pointer.ts';
import type { Evaluation } from '../../gate/guard.ts';
import { parseDuration } from '../../time/duration.ts';
import type { Invariant, ParamTests } from '../document/schema.ts';
import { many } from '../document/terms.ts';
import { TRUE } from '../value/truth.ts';
import { paramTest } from './params.ts';
import { sure, sureAction } from './sure.ts';

/** The JSON Schema of an action's parameters, where the action is defined. */
export type DeclaredParams = (action: string) => Json | undefined;

export interface CompiledInvariant {
  readonly name: string;
  /** Its bound may be told to whoever it refuses. */
  readonly visible: boolean;
  /** The parameter that it bounds, and how; undefined where it bounds none. */
  readonly bound: { readonly param: string; readonly tests: ParamTests } | undefined;
  /** It bounds the age or the actions of a session. */
  readonly ofSession: boolean;
  concerns(action: string): boolean;
  /** What is violated, for an auditor; undefined where nothing is. */
  violated(evaluation: Evaluation, action: Action): string | undefined;
}

type Check = CompiledInvariant['violated'];

export function compileInvariant(
  invariant: Invariant,
  declared: DeclaredParams,
  visible = false,
): CompiledInvariant {
  const { action, session, allowed_actions, blocked_actions } = invariant;
  const checks: Check[] = [];
  if (allowed_actions !== undefined) {
    const allowed = namesMatch(many(allowed_actions));
    checks.push((_ev, { name }) =>
      allowed(name) ? undefined : `${name} is not among the allowed actions`,
    );
  }
  if (blocked_actions !== undefined) {
    const blocked = namesMatch(many(blocked_actions));
    checks.push((_ev, { name }) => (blocked(name) ? `${name} is a blocked action` : undefined));
  }
  if (session !== undefined) checks.push(sessionCheck(session));
  if (invariant.param !== undefined) checks.push(paramCheck(invariant, declared));
  const concerns = action === undefined ? undefined : namesMatch(many(action));
  return Object.freeze({
    name: invariant.name,
    visible,
    bound: invariant.param === undefined ? undefined : boundOf(invariant, invariant.param),
    ofSession: session !== undefined,
    concerns: (name: string) => concerns === undefined || concerns(name),
    violated(ev: Evaluation, on: Action): string | undefined {
      if (concerns !== undefined && !concerns(on.name)) return undefined;
      for (const check of checks) {
        const wrong = check(ev, on);
        if (wrong !== undefined) return wrong;
      }
      return undefined;
    },
  });
}

function namesMatch(texts: readonly string[]): (name: string) => boolean {
  const exact = new Set<string>();
  const patterns: ((name: string) => boolean)[] = [];
  for (const text of texts) {
    const pattern = sureAction(text);
    if (pattern.exact !== undefined) exact.add(pattern.exact);
    else patterns.push(pattern.matches);
  }
  return (name) => exact.has(name) || patterns.some((matches) => matches(name));
}

function sessionCheck(session: NonNullable<Invariant['session']>): Check {
  const age = session.age_max === undefined ? undefined : sure(parseDuration(session.age_max));
  const actions = session.actions_max;
  return (ev) => {
    if (ev.session === undefined) return 'there is no session to measure';
    if (age !== undefined && ev.now - ev.session.opened > age) return 'the session is too old';
    if (actions !== undefined && ev.session.actions + 1 > actions)
      return 'the session has too many actions';
    return undefined;
  };
}

const boundOf = ({ min, max, in: among }: Invariant, param: string) => ({
  param,
  tests: {
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max }),
    ...(among === undefined ? {} : { in: among }),
  },
});

function paramCheck(invariant: Invariant, declared: DeclaredParams): Check {
  const { action } = invariant;
  const text = sure(invariant.param);
  const pointer = sure(parsePointer(text));
  const test = paramTest(boundOf(invariant, text).tests, true);
  return (_ev, on) => {
    const value = resolve(on.params, pointer);
    if (value === undefined) {
      const due = action !== undefined || declares(declared(on.name), pointer);
      return due ? `${text} is missing` : undefined;
    }
    // One value is bounded, not the elements of a list: a list where a number was meant is of another type.
    if (Array.isArray(value)) return `${text} is a list`;
    return test(value) === TRUE ? undefined : `${text} is beyond its bound, or of another type`;
  };
}

/** Whether a JSON Schema names the member that the pointer leads to. */
function declares(schema: Json | undefined, pointer: Pointer): boolean {
  let at: Json | undefined = schema;
  for (const part of pointer) {
    if (typeof at !== 'object' || at === null || Array.isArray(at)) return false;
    const properties: Json | undefined = Object.hasOwn(at, 'properties')
      ? at.properties
      : undefined;
    if (typeof properties !== 'object' || properties === null) return false;
    if (!Object.hasOwn(properties, part)) return false;
    at = (properties as JsonObject)[part];
  }
  return true;
}
