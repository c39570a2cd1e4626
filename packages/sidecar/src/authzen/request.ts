/** An AuthZEN evaluation as an action: whether the key may speak for the subject is the kernel's to say. */
import { PortcullisError } from '@portcullis/kernel';
import type { DecideRequest, JsonObject } from '@portcullis/wire';
import type { Call } from '../route.ts';
import type { Evaluation } from '../schema/authzen.ts';

/** Families whose resource names itself; of others, the type is the first segment. */
const FAMILIES = new Set(['fs', 'http', 'proc', 'mcp', 'other']);
const CONTEXT_TEXT = [
  'ip',
  'country',
  'region',
  'city',
  'device',
  'user_agent',
  'on_behalf_of',
] as const;
const CONTEXT_NUMBERS = ['latitude', 'longitude'] as const;

/** The action that an evaluation asks about. */
export function toDecideRequest(
  call: Call<unknown, unknown>,
  evaluation: Evaluation,
): DecideRequest {
  const { subject, action, resource, context = {} } = evaluation;
  const asserted: JsonObject = {};
  const own = call.credential.caller.principal;
  // Whether this key may speak for the subject is the kernel's to say.
  if (subject.id !== own.id || subject.type !== own.kind) {
    asserted.principal = subject.id;
    asserted.kind = subject.type;
  }
  const { roles, ip_address: ip, device_id: device } = (subject.properties ?? {}) as JsonObject;
  if (roles !== undefined) asserted.roles = roles;
  if (ip !== undefined) asserted.ip = ip;
  if (device !== undefined) asserted.device = device;
  for (const name of [...CONTEXT_TEXT, ...CONTEXT_NUMBERS]) {
    const value = context[name];
    if (value !== undefined) asserted[name] = value;
  }
  const params: JsonObject = { ...action.properties };
  if (resource.properties !== undefined) {
    if ('resource' in params) {
      throw new PortcullisError('malformed_request', 'action and resource both bring a `resource`');
    }
    params.resource = resource.properties;
  }
  const session = context.session;
  return {
    action: action.name,
    resource: FAMILIES.has(resource.type) ? resource.id : `${resource.type}/${resource.id}`,
    params,
    execution: 'none',
    ...(Object.keys(asserted).length === 0
      ? {}
      : { context: asserted as DecideRequest['context'] & object }),
    ...(session === undefined ? {} : { session: session as string }),
  };
}
