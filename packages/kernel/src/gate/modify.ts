/** Applies what a rule sets, and makes the changed action canonical again: it is another action, with another digest. */
import { canonicalAction } from '../action/index.ts';
import { applyModification } from '../policy/index.ts';
import type { Registry } from '../provider/types.ts';
import type { Modify } from './gate.ts';
import type { Evaluation } from './guard.ts';
import { refusal } from './judgement.ts';

export function modifier(registry: Registry, startDir: string): Modify {
  return (ev: Evaluation) => {
    const { request, action } = ev;
    if (request === undefined || action === undefined) return refusal('policy', 'kernel_fault');
    const sets = ev.demands.flatMap((demand) =>
      demand.kind === 'modification' ? [demand.set] : [],
    );
    const params = sets.reduce(applyModification, action.params);
    const changed = canonicalAction({
      tenant: ev.caller.tenant,
      principalId: ev.principal.id,
      onBehalfOf: ev.onBehalfOf,
      request: { action: action.name, resource: action.resource.value, params },
      definition: registry.definition(action.name),
      startDir,
      hostExecuted: ev.execution === 'host',
    });
    if (!changed.ok) return refusal('policy', changed.code, { reason: changed.message });
    if (changed.action.digest === action.digest) {
      // One that another undoes changed nothing, and what runs is not what it lets run.
      const agreed = sets.every((set) => applyModification(action.params, set) === action.params);
      return agreed ? 'unchanged' : refusal('policy', 'modify_loop');
    }
    const wrong = registry.check(action.name, changed.action.params);
    if (wrong !== undefined)
      return refusal('policy', 'invalid_params', { reason: `params${wrong.text}` });
    ev.action = changed.action;
    return 'changed';
  };
}
