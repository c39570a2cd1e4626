/**
 * Every action that a provider here executes as a capability of the same name: its arguments are the action's parameters, with `resource` among
 * them where the action has one. None of them takes a grant unless a rule says so.
 */
import { hash } from 'node:crypto';
import type { CapabilityView, Json, JsonObject } from '@portcullis/wire';
import { jcs } from '../action/json/jcs.ts';
import { isJsonObject } from '../action/plain.ts';
import type { CapabilityBook, GrantedCapability, MistakenArgs, Operation } from './port.ts';

interface Defined {
  readonly name: string;
  readonly resource: string;
  readonly params: Json;
  readonly effect: CapabilityView['safety'];
  readonly description?: string;
}

export interface ActionBook extends CapabilityBook {
  /** As they are shown to who may ask for them. */
  readonly views: readonly CapabilityView[];
}

const DOMAIN = 'portcullis/capability/v1\0';

export function actionBook(definitions: readonly Defined[]): ActionBook {
  const found = new Map(definitions.map((definition) => [definition.name, ofAction(definition)]));
  return Object.freeze({
    find: (id: string) => found.get(id),
    takesGrant: () => false,
    views: Object.freeze(definitions.map(viewOf)),
  });
}

function viewOf(definition: Defined): CapabilityView {
  const { name, params, effect, description = name } = definition;
  return Object.freeze({
    id: name,
    name,
    description,
    action: name,
    args: withResource(params),
    resource_from: 'resource',
    safety: effect,
    digest: digestOf(definition),
    status: 'active',
    source: 'built-in',
  });
}

/** The schema of the parameters, and the resource beside them. */
function withResource(params: Json): Json {
  if (!isJsonObject(params)) return params;
  const { properties } = params;
  const others = properties !== undefined && isJsonObject(properties) ? properties : {};
  return { ...params, properties: { resource: { type: 'string' }, ...others } };
}

function digestOf({ name, resource, params, effect }: Defined): string {
  return hash('sha256', DOMAIN + jcs({ id: name, action: name, resource, params, effect }));
}

function ofAction(definition: Defined): GrantedCapability {
  const { name } = definition;
  return Object.freeze({
    id: name,
    digest: digestOf(definition),
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
