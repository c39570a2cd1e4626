/** Who acts, as the credential says it: what a request asserts is held against what the credential may assert. */
import type { Context, Principal } from '@portcullis/wire';
import type { Code } from '../errors.ts';
import type { Caller, Environment } from './guard.ts';

export interface Identity {
  readonly principal: Principal;
  readonly onBehalfOf: string | undefined;
  readonly environment: Environment;
}

export interface IdentityRefusal {
  readonly code: Code;
  readonly field: string;
}

const ENVIRONMENT_FIELDS = [
  'ip',
  'country',
  'region',
  'city',
  'latitude',
  'longitude',
  'device',
  'user_agent',
] as const;

/** `*` is any. */
export const covers = (list: readonly string[] | undefined, value: string): boolean =>
  list?.includes(value) === true || list?.includes('*') === true;

/** Whether what is this principal's is the caller's too: its own, or one that it may assert. */
export const mayActAs = ({ principal, mayAssert }: Caller, id: string): boolean =>
  id === principal.id || covers(mayAssert.principals, id);

/** The identity that a caller has when it asserts nothing. */
export function ownIdentity(caller: Caller): Identity {
  return { principal: caller.principal, onBehalfOf: undefined, environment: {} };
}

export function identify(caller: Caller, context: Context): Identity | IdentityRefusal {
  let principal = caller.principal;
  const id = context.principal;
  if (id !== undefined && id !== principal.id) {
    if (!covers(caller.mayAssert.principals, id))
      return { code: 'principal_mismatch', field: 'principal' };
    // An asserted principal starts with no roles and no attributes: those of the credential are not its own.
    principal = { id, kind: context.kind ?? 'agent', roles: [], attributes: {} };
  } else if (context.kind !== undefined && context.kind !== principal.kind) {
    return { code: 'principal_mismatch', field: 'kind' };
  }
  if (context.roles !== undefined) {
    const own = principal === caller.principal ? principal.roles : [];
    // A role left out is an assertion too: rules deny by role, and roles are ended.
    const changed = [
      ...context.roles.filter((role) => !own.includes(role)),
      ...own.filter((role) => !context.roles?.includes(role)),
    ];
    if (!changed.every((role) => covers(caller.mayAssert.roles, role)))
      return { code: 'assertion_not_allowed', field: 'roles' };
    principal = { ...principal, roles: Object.freeze([...context.roles]) };
  }
  const onBehalfOf = context.on_behalf_of;
  if (onBehalfOf !== undefined && !covers(caller.mayAssert.onBehalfOf, onBehalfOf)) {
    return { code: 'assertion_not_allowed', field: 'on_behalf_of' };
  }
  const environment: Record<string, string | number> = {};
  for (const field of ENVIRONMENT_FIELDS) {
    const value = context[field];
    if (value === undefined) continue;
    if (!covers(caller.mayAssert.context, field)) return { code: 'assertion_not_allowed', field };
    environment[field] = value;
  }
  return { principal, onBehalfOf, environment };
}
