/** The `context` of a request: every field typed and in range, as a frozen copy. Whether the credential may assert it is the gate's question. */
import { isIPv4 } from 'node:net';
import type { Context, PrincipalKind } from '@portcullis/wire';
import ipaddr from 'ipaddr.js';
import { isPlainObject } from './plain.ts';
import { pointerStep, type Refusal, refuse, shown } from './refusal.ts';
import { isVisible } from './text.ts';

type Check = (value: unknown) => unknown;

const KINDS: readonly PrincipalKind[] = ['user', 'agent', 'service', 'scheduler', 'external'];

/** Each answers the value to keep, or undefined where it is not acceptable. */
const FIELDS: ReadonlyMap<string, { readonly check: Check; readonly wants: string }> = new Map([
  ['principal', { check: line(256), wants: 'a text of 1 to 256 visible characters' }],
  ['kind', { check: kind, wants: `one of ${KINDS.join(', ')}` }],
  ['roles', { check: roles, wants: 'a list of at most 64 texts of 1 to 128 visible characters' }],
  ['on_behalf_of', { check: line(256), wants: 'a text of 1 to 256 visible characters' }],
  ['ip', { check: address, wants: 'an IPv4 or IPv6 address' }],
  ['country', { check: country, wants: 'two letters (ISO 3166 alpha-2)' }],
  ['region', { check: line(256), wants: 'a text of 1 to 256 visible characters' }],
  ['city', { check: line(256), wants: 'a text of 1 to 256 visible characters' }],
  ['latitude', { check: within(90), wants: 'a number from -90 to 90' }],
  ['longitude', { check: within(180), wants: 'a number from -180 to 180' }],
  ['device', { check: line(256), wants: 'a text of 1 to 256 visible characters' }],
  ['user_agent', { check: line(1_024), wants: 'a text of 1 to 1024 visible characters' }],
]);

export type ContextRead = { readonly ok: true; readonly context: Context } | Refusal;

/** May throw where a member of `input` does. */
export function readContext(input: unknown): ContextRead {
  if (typeof input !== 'object' || input === null || !isPlainObject(input)) {
    return refuse('malformed_request', 'context is an object', '/context');
  }
  const context: Record<string, unknown> = {};
  for (const name of Object.keys(input)) {
    const field = FIELDS.get(name);
    if (field === undefined) {
      const valid = [...FIELDS.keys()].join(', ');
      const message = `context has no field ${shown(name)}; it has ${valid}`;
      return refuse('unknown_field', message, `/context${pointerStep(name)}`);
    }
    const value = input[name];
    if (value === undefined) continue;
    const kept = field.check(value);
    if (kept === undefined) {
      return refuse('malformed_request', `context.${name} is ${field.wants}`, `/context/${name}`);
    }
    context[name] = kept;
  }
  return { ok: true, context: Object.freeze(context) as Context };
}

function line(longest: number): Check {
  return (value) =>
    typeof value === 'string' && value.length > 0 && value.length <= longest && isVisible(value)
      ? value
      : undefined;
}

function within(limit: number): Check {
  return (value) =>
    typeof value === 'number' && value >= -limit && value <= limit ? value + 0 : undefined;
}

function kind(value: unknown): unknown {
  return KINDS.includes(value as PrincipalKind) ? value : undefined;
}

function roles(value: unknown): unknown {
  if (!Array.isArray(value) || value.length > 64) return undefined;
  const role = line(128);
  const copy = Array.from(value as unknown[], role);
  return copy.includes(undefined) ? undefined : Object.freeze(copy);
}

/** Four decimal parts, or IPv6 without a zone; an IPv4 address in IPv6 clothes is that address. */
function address(value: unknown): unknown {
  if (typeof value !== 'string') return undefined;
  // Node's reading has one spelling for each address: no leading zeros, four parts.
  if (isIPv4(value)) return value;
  if (value.length > 45 || value.includes('%')) return undefined;
  if (!ipaddr.IPv6.isValid(value)) return undefined;
  return ipaddr.process(value).toString();
}

function country(value: unknown): unknown {
  return typeof value === 'string' && /^[A-Za-z]{2}$/.test(value) ? value.toUpperCase() : undefined;
}
