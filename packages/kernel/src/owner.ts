/** Who a library user acts as: the process owns its kernel, so its caller has every right and may assert what it knows. */
import type { Principal } from '@portcullis/wire';
import type { Caller } from './gate/guard.ts';
import { RIGHTS, type Right } from './rights.ts';

const EVERY: ReadonlySet<Right> = new Set(RIGHTS);
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
    rights: EVERY,
    mayAssert: Object.freeze({
      principals: ANYTHING,
      roles: ANYTHING,
      onBehalfOf: ANYTHING,
      context: ANYTHING,
      userTurns: true,
    }),
  });
}
