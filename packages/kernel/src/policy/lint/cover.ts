/**
 * Whether one rule's conditions hold wherever another's do. Sound, not complete: a yes is certain; what it cannot tell apart by
 * looking is a no.
 */
import type { When } from '../document/schema.ts';
import { many } from '../document/terms.ts';
import { parseActionPattern } from '../glob/action.ts';

/** Conditions that are true or false of every action, never unknown. */
export function isAlwaysKnown(when: When): boolean {
  const {
    principal,
    action: _action,
    resource: _resource,
    time: _time,
    grant: _grant,
    justification: _justification,
    ...rest
  } = when;
  if (Object.keys(rest).length > 0) return false;
  return principal?.attributes === undefined;
}

/** Everything that `inner` holds for, `outer` holds for. */
export function covers(outer: When, inner: When): boolean {
  const { action, resource, principal, justification, ...rest } = outer;
  return (
    coversJustification(justification, inner.justification) &&
    coversActions(many(action), many(inner.action)) &&
    coversResources(resource, inner.resource) &&
    coversPrincipal(principal ?? {}, inner.principal ?? {}) &&
    Object.entries(rest).every(
      ([key, value]) => key !== 'rate' && same(value, inner[key as keyof When]),
    )
  );
}

/** A longer reason is a reason too: `min: 15` covers `min: 20`, `under: 20` covers `under: 15`. */
function coversJustification(outer: When['justification'], inner: When['justification']): boolean {
  if (outer === undefined) return true;
  if (inner === undefined) return false;
  const { min = 0, under = Number.POSITIVE_INFINITY } = outer;
  return (inner.min ?? 0) >= min && (inner.under ?? Number.POSITIVE_INFINITY) <= under;
}

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/** An empty list is every action. */
function coversActions(outer: readonly string[], inner: readonly string[]): boolean {
  if (outer.length === 0) return true;
  if (inner.length === 0) return outer.includes('**');
  return inner.every((name) => outer.some((pattern) => coversAction(pattern, name)));
}

function coversAction(pattern: string, name: string): boolean {
  if (pattern === name || pattern === '**') return true;
  if (pattern.endsWith('.**') && !pattern.slice(0, -3).includes('*')) {
    const head = pattern.slice(0, -3);
    return name === head || name.startsWith(`${head}.`);
  }
  if (name.includes('*')) return false;
  const compiled = parseActionPattern(pattern);
  return !('wrong' in compiled) && compiled.matches(name);
}

function coversResources(outer: When['resource'], inner: When['resource']): boolean {
  if (outer === undefined || same(outer, inner)) return true;
  if (inner === undefined || isObject(outer) || isObject(inner)) return false;
  return many<string>(inner).every((pattern) =>
    many<string>(outer).some((wide) => coversResource(wide, pattern)),
  );
}

const isObject = (
  resource: NonNullable<When['resource']>,
): resource is Exclude<When['resource'], string | string[] | undefined> =>
  typeof resource === 'object' && !Array.isArray(resource);

function coversResource(wide: string, pattern: string): boolean {
  if (wide === pattern) return true;
  if (!wide.endsWith('/**') || /[*\\]/.test(wide.slice(0, -3))) return false;
  const head = wide.slice(0, -3);
  return pattern === head || pattern.startsWith(`${head}/`);
}

type Who = NonNullable<When['principal']>;

function coversPrincipal(outer: Who, inner: Who): boolean {
  for (const key of ['kind', 'id', 'on_behalf_of'] as const) {
    if (outer[key] === undefined) continue;
    if (inner[key] === undefined) return false;
    const wide: readonly string[] = many<string>(outer[key]);
    if (!many<string>(inner[key]).every((one) => wide.includes(one))) return false;
  }
  if (outer.roles !== undefined) {
    const wide = many(outer.roles);
    if (inner.roles === undefined || !many(inner.roles).every((role) => wide.includes(role)))
      return false;
  }
  return outer.attributes === undefined || same(outer.attributes, inner.attributes);
}
