/** Which provider executes which action. Built once; two providers for one action, and a schema that cannot be held to its bounds, are load errors. */

import { compileOwnParams, compileParams, type ParamsCheck } from '../action/schema/schema.ts';
import { deepFreeze } from './freeze.ts';
import { FS_ACTIONS } from './fs/definitions.ts';
import { HTTP_ACTIONS } from './http/definitions.ts';
import { PROC_ACTIONS } from './proc/definitions.ts';
import type { ActionDefinition, Provider, Registry } from './types.ts';

/** Lower-case ASCII in parts, a dot between them. */
const NAME = /^[a-z][a-z0-9_-]*(?:\.[a-z0-9][a-z0-9_-]*)*$/;
const KINDS: ReadonlySet<string> = new Set(['fs', 'http', 'proc', 'mcp', 'other']);
const EFFECTS: ReadonlySet<string> = new Set(['read', 'write', 'destructive']);

/** Frozen, and proved good by a test. */
const OWN: ReadonlySet<ActionDefinition> = new Set([
  ...FS_ACTIONS,
  ...HTTP_ACTIONS,
  ...PROC_ACTIONS,
]);

interface Entry {
  readonly definition: ActionDefinition;
  readonly provider: Provider;
  readonly check: ParamsCheck;
}

/** Throws an Error that names the provider and the action. */
export function createRegistry(providers: readonly Provider[]): Registry {
  const entries = new Map<string, Entry>();
  for (const provider of providers) {
    for (const definition of provider.actions) {
      const { name } = definition;
      const place = `provider ${JSON.stringify(provider.family)}, action ${JSON.stringify(name)}`;
      const other = entries.get(name);
      if (other !== undefined) {
        const families = `${JSON.stringify(other.provider.family)} and ${JSON.stringify(provider.family)}`;
        throw new Error(`the action ${JSON.stringify(name)} has two providers: ${families}`);
      }
      checkDefinition(definition, place);
      entries.set(name, {
        definition: frozen(definition),
        provider,
        check: compiled(definition, place),
      });
    }
  }
  return Object.freeze({
    definitions: Object.freeze([...entries.values()].map((entry) => entry.definition)),
    definition: (name: string) => entries.get(name)?.definition,
    provider: (name: string) => entries.get(name)?.provider,
    check: (name: string, params) => entries.get(name)?.check(params),
  } satisfies Registry);
}

function checkDefinition(definition: ActionDefinition, place: string): void {
  if (
    typeof definition.name !== 'string' ||
    definition.name.length > 128 ||
    !NAME.test(definition.name)
  ) {
    throw new Error(`${place}: a name is lower-case ASCII parts with dots between`);
  }
  if (definition.name.startsWith('portcullis.')) {
    throw new Error(`${place}: names that begin with "portcullis." are the kernel's own`);
  }
  if (!KINDS.has(definition.resource)) {
    throw new Error(`${place}: resource must be one of ${[...KINDS].join(', ')}`);
  }
  if (!EFFECTS.has(definition.effect)) {
    throw new Error(`${place}: effect must be one of ${[...EFFECTS].join(', ')}`);
  }
}

function compiled(definition: ActionDefinition, place: string): ParamsCheck {
  if (OWN.has(definition)) return compileOwnParams(definition.params);
  try {
    return compileParams(definition.params);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`${place}: ${why}`, { cause: error });
  }
}

/** A provider that changes its definition later changes nothing here. */
function frozen(definition: ActionDefinition): ActionDefinition {
  return deepFreeze(structuredClone(definition));
}
