/**
 * Every action that a provider here executes as a capability of the same name: its arguments are the action's parameters, with `resource` among
 * them where the action has one. None of them takes a grant unless a rule says so.
 */
import { hash } from 'node:crypto';
import type { Json, JsonObject } from '@portcullis/wire';
import { jcs } from '../action/json/jcs.ts';
import type { CapabilityBook, GrantedCapability, MistakenArgs, Operation } from './port.ts';

interface Defined {
  readonly name: string;
  readonly resource: string;
  readonly params: Json;
  readonly effect: string;
}

const DOMAIN = 'portcullis/capability/v1\0';

export function actionBook(definitions: readonly Defined[]): CapabilityBook {
  const found = new Map(definitions.map((definition) => [definition.name, ofAction(definition)]));
  return Object.freeze({
    find: (id: string) => found.get(id),
    takesGrant: () => false,
  });
}

function ofAction({ name, resource, params, effect }: Defined): GrantedCapability {
  const text = jcs({ id: name, action: name, resource, params, effect });
  return Object.freeze({
    id: name,
    digest: hash('sha256', DOMAIN + text),
    action: name,
    execution: 'provider',
    resourceFrom: 'resource',
    operation,
    outside: () => undefined,
  });
}

function operation(args: JsonObject): Operation | MistakenArgs {
  if (!Object.hasOwn(args, 'resource')) return { resource: undefined, params: args };
  const { resource, ...params } = args;
  return typeof resource === 'string'
    ? { resource, params }
    : { wrong: 'resource is a text', at: '/args/resource' };
}
