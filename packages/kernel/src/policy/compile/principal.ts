/** Conditions on the principal. What a credential always says is true or false; an attribute that it lacks is unknown. */
import type { Json } from '@portcullis/wire';
import type { When } from '../document/schema.ts';
import { many, type Scalar, sameType } from '../document/terms.ts';
import { FALSE, truth, UNKNOWN } from '../value/truth.ts';
import { type Condition, condition, type Test } from './condition.ts';

export function principalConditions(principal: NonNullable<When['principal']>): Condition[] {
  const { kind, id, roles, on_behalf_of, attributes } = principal;
  const found: Condition[] = [];
  const add = (key: string, test: Test, ...more: string[]): void => {
    found.push(condition(['when', 'principal', key, ...more], test));
  };
  if (kind !== undefined) {
    const kinds: readonly string[] = many<string>(kind);
    add('kind', (ev) => truth(kinds.includes(ev.principal.kind)));
  }
  if (id !== undefined) {
    const ids = new Set(many(id));
    add('id', (ev) => truth(ids.has(ev.principal.id)));
  }
  if (roles !== undefined) {
    const wanted = new Set(many(roles));
    const holds = (role: string): boolean => wanted.has(role);
    add('roles', (ev) => truth(ev.principal.roles.some(holds)));
  }
  if (on_behalf_of !== undefined) {
    const users = new Set(many(on_behalf_of));
    add('on_behalf_of', (ev) => truth(ev.onBehalfOf !== undefined && users.has(ev.onBehalfOf)));
  }
  for (const [name, given] of Object.entries(attributes ?? {})) {
    add('attributes', attribute(name, many<Scalar>(given)), name);
  }
  return found;
}

function attribute(name: string, wanted: readonly Scalar[]): Test {
  return (ev) => {
    const { attributes } = ev.principal;
    if (!Object.hasOwn(attributes, name)) return UNKNOWN;
    const value = attributes[name] as Json;
    const sample = wanted[0];
    if (sample === undefined) return FALSE;
    return sameType(value, sample) ? truth(wanted.includes(value as Scalar)) : UNKNOWN;
  };
}
