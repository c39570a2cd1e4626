/** What expressions can name, as one table: the compiler resolves by it and the documentation is made from it. */

import type { Subject, Type } from './types.ts';
import { Duration, ERROR, type Result, Timestamp } from './values.ts';

export interface Variable {
  readonly type: Type;
  readonly meaning: string;
  readonly read: (subject: Subject) => Result;
  /** As large as the request: `params` and what hangs from it. */
  readonly large?: boolean;
  /** Of a struct: its fields, and no others. */
  readonly fields?: { readonly [name: string]: Variable };
}

const field = (type: Type, meaning: string, read: Variable['read']): Variable =>
  Object.freeze({ type, meaning, read });

const struct = (meaning: string, fields: { readonly [name: string]: Variable }): Variable =>
  Object.freeze({ type: 'struct', meaning, read: () => ERROR, fields: Object.freeze(fields) });

const orError = (value: Result | undefined): Result => (value === undefined ? ERROR : value);

const env = (type: Type, name: string, meaning: string): Variable =>
  field(type, meaning, ({ environment }) => orError(environment[name]));

export const VARIABLES: { readonly [name: string]: Variable } = Object.freeze({
  action: field('string', 'the name of the action', (s) => s.action),
  resource: struct('the canonical resource', {
    kind: field('string', 'fs, http, proc, mcp or other', (s) => s.resource.kind),
    value: field('string', 'its text', (s) => s.resource.value),
  }),
  params: Object.freeze({
    ...field('map', 'the parameters; numbers in them are doubles', (s) => s.params),
    large: true,
  }),
  principal: struct('who asks', {
    id: field('string', 'the id', (s) => s.principal.id),
    kind: field('string', 'user, agent, service, scheduler or external', (s) => s.principal.kind),
    roles: field('list', 'the roles', (s) => s.principal.roles),
    attributes: field('map', 'the attributes of the credential', (s) => s.principal.attributes),
    on_behalf_of: field('string', 'the user behind an agent', (s) => orError(s.onBehalfOf)),
  }),
  session: struct('the run that this belongs to', {
    age: field('duration', 'since it was opened', ({ session, now }) =>
      session === undefined ? ERROR : new Duration(now - session.opened),
    ),
    actions: field('int', 'actions decided before this one', ({ session }) =>
      session === undefined ? ERROR : BigInt(session.actions),
    ),
    denied: field('int', 'those of them that were denied', ({ session }) =>
      session === undefined ? ERROR : BigInt(session.denied),
    ),
    quarantine: field('string', 'none, read_only, isolated or frozen', ({ session }) =>
      orError(session?.quarantine),
    ),
    label: field('string', 'its name for people', ({ session }) => orError(session?.label)),
  }),
  env: struct('the surroundings, as far as the credential may say', {
    ip: env('string', 'ip', 'the address'),
    country: env('string', 'country', 'ISO 3166-1 alpha-2'),
    region: env('string', 'region', 'the region'),
    city: env('string', 'city', 'the city'),
    latitude: env('double', 'latitude', 'degrees'),
    longitude: env('double', 'longitude', 'degrees'),
    device: env('string', 'device', 'the device'),
    user_agent: env('string', 'user_agent', 'the user agent'),
  }),
  now: field('timestamp', 'the time of the decision', (s) => new Timestamp(s.now)),
});
