/** Resources that definitions fix, as the gate judges them: a relative path begins where those of requests do, a URL has one spelling. */
import { canonicalAction } from '../../action/index.ts';
import type { ResourceTraits } from '../../action/types.ts';
import type { Canonical } from './definition.ts';

export function fixedResources(
  definitionOf: (action: string) => ResourceTraits | undefined,
  startDir: string,
): Canonical {
  return ({ action, execution }, resource) => {
    const definition = definitionOf(action);
    const read = canonicalAction({
      tenant: '',
      principalId: '',
      onBehalfOf: undefined,
      definition,
      request: { action, resource, params: {} },
      startDir,
      hostExecuted: (execution ?? (definition === undefined ? 'host' : 'provider')) === 'host',
    });
    return read.ok ? read.action.resource.value : resource;
  };
}
