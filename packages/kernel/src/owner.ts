/** Who a library user acts as: the process owns its kernel, so its caller has every right and may assert what it knows. */
import type { Principal } from '@portcullis/wire';
import type { Caller, Right } from './gate/guard.ts';

const ALL_RIGHTS: ReadonlySet<Right> = new Set<Right>([
  'submit',
  'decide',
  'outcomes',
  'sessions:open',
  'explain',
  'approve',
  'journal',
  'policy',
  'keys',
  'quarantine',
  'freeze',
  'resolve',
  'metrics',
]);

const ANYTHING = Object.freeze(['*']);

export function ownerCaller(
  principal: (Partial<Principal> & { readonly id: string }) | undefined,
): Caller {
  return Object.freeze({
    tenant: 'default',
    credential: 'in-process',
    principal: Object.freeze({
      id: principal?.id ?? 'owner',
      kind: principal?.kind ?? 'service',
      roles: Object.freeze([...(principal?.roles ?? [])]),
      attributes: Object.freeze(structuredClone(principal?.attributes ?? {})),
    }),
    rights: ALL_RIGHTS,
    mayAssert: Object.freeze({
      principals: ANYTHING,
      roles: ANYTHING,
      onBehalfOf: ANYTHING,
      context: ANYTHING,
      userTurns: true,
    }),
  });
}
