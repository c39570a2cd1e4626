/**
 * Policies of Kavach: the first whose conditions all hold decides, so each gets a priority of its own. A name or a resource that ends in `*` is a
 * prefix there; of a permit rule `refund.*` no longer reaches `refunds_purge`.
 */
import { closedObject, formatPointer } from '@portcullis/kernel';
import type { JsonObject } from '@portcullis/wire';
import { z } from 'zod';
import type { Mistakes, System } from './system.ts';

const field = z.string().min(1);
const SHAPE = {
  identity_kind: z.enum(['user', 'agent', 'service', 'scheduler', 'external']).optional(),
  identity_role: z.string().min(1).optional(),
  identity_id: z.string().min(1).optional(),
  action: z.string().min(1).optional(),
  resource: z.string().min(1).optional(),
  param_max: closedObject({ field, max: z.number() }).optional(),
  param_min: closedObject({ field, min: z.number() }).optional(),
  param_in: closedObject({ field, values: z.array(z.string()).min(1) }).optional(),
  rate_limit: closedObject({
    max: z.int().min(1),
    window: z.union([z.string(), z.int().min(1)]),
  }).optional(),
  session_age_max: z.union([z.string(), z.int().min(1)]).optional(),
  time_window: z.string().optional(),
};
const condition = closedObject(SHAPE);
const policy = closedObject({
  name: z.string(),
  description: z.string().optional(),
  effect: z.enum(['permit', 'refuse']),
  priority: z.int().min(0).optional(),
  conditions: z.array(condition),
});
const policies = z.array(policy).optional();
const schema = closedObject({ policy: policies, policies }).refine(
  (given) => given.policy === undefined || given.policies === undefined,
  { error: 'policy and policies are one key: write one of them' },
);

type Document = z.infer<typeof schema>;
type Policy = z.infer<typeof policy>;

export const kavach: System<Document> = Object.freeze({
  schema,
  rules: listOf,
  translate: (document: Document, mistakes: Mistakes) => {
    const key = listOf(document);
    const given = document[key] ?? [];
    const order = [...given].sort((a, b) => (a.priority ?? 100) - (b.priority ?? 100));
    const places = new Map(order.map((one, index) => [one, index + 1]));
    return given.map((one, index) => ({
      name: one.name,
      effect: one.effect === 'refuse' ? 'deny' : 'permit',
      priority: places.get(one) as number,
      ...when(one, [key, index], mistakes),
      ...(one.description ? { reason: one.description } : {}),
    }));
  },
});

function listOf({ policy }: Document): 'policy' | 'policies' {
  return policy === undefined ? 'policies' : 'policy';
}

interface Found {
  readonly principal: Record<string, string>;
  readonly roles: string[];
  readonly params: Record<string, Record<string, unknown>>;
  readonly others: Record<string, JsonObject[string]>;
}

/** What the conditions of one policy come to, and what of them has no equal. */
function when(one: Policy, at: (string | number)[], mistakes: Mistakes): { when?: JsonObject } {
  const found: Found = { principal: {}, roles: [], params: {}, others: {} };
  one.conditions.forEach((given, index) => {
    const [kind = '', ...more] = Object.keys(given);
    const place = [...at, 'conditions', index, ...(kind === '' ? [] : [kind])];
    if (kind === '' || more.length > 0)
      mistakes.error('bad_value', place, 'a condition has one key');
    add(given, found, one.effect === 'refuse', (code, message) =>
      mistakes.error(code, place, message(kind)),
    );
  });
  const all = assembled(found);
  return Object.keys(all).length === 0 ? {} : { when: all };
}

type Wrong = (code: string, message: (kind: string) => string) => void;

function add(given: z.infer<typeof condition>, found: Found, refuse: boolean, wrong: Wrong): void {
  const put = (into: Record<string, unknown>, name: string, value: unknown): void => {
    if (name in into) wrong('twice', (kind) => `${kind} stands here twice: keep one`);
    into[name] = value;
  };
  const test = (field: string, name: 'min' | 'max' | 'in', value: unknown): void => {
    const param = formatPointer([field]);
    found.params[param] ??= {};
    put(found.params[param], name, value);
  };
  /** Of a refusal it would hold while there is room, and here only where there is none. */
  const permitOnly = (name: string, value: JsonObject): void => {
    if (refuse)
      wrong('no_equal', (kind) => `a policy that refuses by ${kind} refuses what is within it`);
    put(found.others, name, value);
  };
  if (given.identity_kind) put(found.principal, 'kind', given.identity_kind);
  if (given.identity_id) put(found.principal, 'id', given.identity_id);
  if (given.identity_role) found.roles.push(given.identity_role);
  if (given.action) {
    const pattern = actions(given.action, refuse);
    if (pattern !== undefined) put(found.others, 'action', pattern);
  }
  if (given.resource) put(found.others, 'resource', resources(given.resource));
  if (given.param_max) test(given.param_max.field, 'max', given.param_max.max);
  if (given.param_min) test(given.param_min.field, 'min', given.param_min.min);
  if (given.param_in) test(given.param_in.field, 'in', given.param_in.values);
  if (given.rate_limit) {
    const { max, window } = given.rate_limit;
    permitOnly('rate', { max, per: duration(window), by: ['principal', 'action'] });
  }
  if (given.session_age_max !== undefined)
    permitOnly('session', { age_max: duration(given.session_age_max) });
  if (given.time_window !== undefined) {
    const [between = '', zone] = given.time_window.trim().split(/\s+/);
    put(found.others, 'time', { between, ...(zone === undefined ? {} : { zone }) });
  }
}

function assembled({ principal, roles, params, others }: Found): JsonObject {
  const [role, ...more] = roles;
  const held = { ...(role === undefined ? {} : { roles: role }), ...principal };
  return {
    ...(Object.keys(held).length === 0 ? {} : { principal: held }),
    ...others,
    ...(Object.keys(params).length === 0 ? {} : { params: { ...params, other: 'any' } }),
    // Of a list of roles one is enough; there each had to be had.
    ...(more.length === 0
      ? {}
      : { expr: more.map((each) => `${JSON.stringify(each)} in principal.roles`).join(' && ') }),
  } as JsonObject;
}

const duration = (given: string | number): string =>
  /^\d+$/.test(String(given)) ? `${given}s` : String(given);

/** undefined for every action. */
function actions(pattern: string, refuse: boolean): string | string[] | undefined {
  if (pattern === '*' || pattern === '.*') return undefined;
  if (pattern.endsWith('.*') && !refuse) return `${pattern.slice(0, -2)}.**`;
  const prefix = prefixOf(pattern);
  return prefix === undefined ? pattern : [`${prefix}*`, `${prefix}*.**`];
}

function resources(pattern: string): string | string[] {
  if (pattern === '*' || pattern === '.*') return '**';
  const prefix = prefixOf(pattern);
  if (prefix === undefined) return literal(pattern);
  return [`${literal(prefix)}*`, `${literal(prefix)}*/**`];
}

const prefixOf = (pattern: string): string | undefined =>
  pattern.endsWith('*') ? pattern.slice(0, pattern.endsWith('.*') ? -2 : -1) : undefined;

const literal = (text: string): string => text.replace(/[\\*?[\]{}]/g, '\\$&');
