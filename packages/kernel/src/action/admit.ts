/**
 * Reads a request of whatever origin, body of a POST or argument of a call, into a frozen copy: unknown fields and wrong types are refused
 * with a code and a place, each member is read once, and nothing that the requester still holds is kept.
 */
import type { ActionRequest, DecideRequest, JsonObject } from '@portcullis/wire';
import { type Canonical, canonicalize } from './canonical.ts';
import { readContext } from './context.ts';
import { ADMISSION_LIMITS, type AdmissionLimits } from './limits.ts';
import { isPlainObject, plainObject } from './plain.ts';
import { pointerStep, type Refusal, refuse, shown } from './refusal.ts';
import { readLabels } from './request-labels.ts';
import { isPrintableAscii } from './text.ts';
import { Unreadable } from './unreadable.ts';

/** A request as admission read it. Absent fields are absent; `params` is there always. */
export interface AdmittedRequest extends Readonly<DecideRequest & ActionRequest> {
  readonly params: JsonObject;
  /** RFC 8785 text of `params`. */
  readonly paramsText: string;
}

export type Admission = { readonly ok: true; readonly request: AdmittedRequest } | Refusal;

const SHARED_FIELDS = [
  'action',
  'resource',
  'params',
  'session',
  'context',
  'justification',
  'labels',
  'token',
  'proof',
  'idempotency_key',
  'resume',
] as const;
const SUBMIT_FIELDS = [...SHARED_FIELDS, 'response_mode', 'stream'] as const;
const DECIDE_FIELDS = [...SHARED_FIELDS, 'execution', 'audience'] as const;

/** `fs.read`, `issue_refund`: lower-case ASCII parts with dots between them, at most 128 characters. */
const ACTION_NAME = /^[a-z][a-z0-9_]*(?:\.[a-z0-9_]+)*$/;
const LONGEST_NAME = 128;

export const isActionName = (name: string): boolean =>
  name.length <= LONGEST_NAME && ACTION_NAME.test(name);

/** Printable ASCII of 1 to so many characters. */
const PRINTABLE: ReadonlyMap<string, number> = new Map([
  ['session', 128],
  ['resume', 128],
  ['token', 65_536],
  ['proof', 256],
  ['idempotency_key', 256],
  ['audience', 256],
]);
export const RESPONSE_MODES: ReadonlySet<string> = new Set([
  'summary',
  'table',
  'handle_only',
  'raw',
]);
const LONGEST_RESOURCE = 8_192;
const LONGEST_JUSTIFICATION = 4_000;

const NO_PARAMS = Object.freeze(plainObject());

/** `verb` says which fields there are: `execution` and `audience` belong to `decide`, `response_mode` and `stream` to `submit`. Codes: those of `canonicalize`, `unknown_field`, `invalid_action`. */
export function readRequest(
  input: unknown,
  limits: AdmissionLimits = ADMISSION_LIMITS,
  verb: 'submit' | 'decide' = 'decide',
): Admission {
  try {
    return read(input, limits, verb === 'submit' ? SUBMIT_FIELDS : DECIDE_FIELDS);
  } catch {
    return refuse('malformed_request', 'reading a member failed');
  }
}

function read(input: unknown, limits: AdmissionLimits, fields: readonly string[]): Admission {
  if (input instanceof Unreadable) return refuse(input.code, input.message);
  if (typeof input !== 'object' || input === null || !isPlainObject(input)) {
    return refuse('malformed_request', 'a request is an object');
  }
  const request: Record<string, unknown> = { params: NO_PARAMS, paramsText: '{}' };
  const names = Object.keys(input);
  let members = names.length;
  for (const name of names) {
    if (!fields.includes(name)) {
      const message = `a request has no field ${shown(name)}; it has ${fields.join(', ')}`;
      return refuse('unknown_field', message, pointerStep(name));
    }
    const value = input[name];
    // As on the wire, where it would not be there.
    if (value === undefined) continue;
    if (name === 'params') {
      const params = readParams(value, limits);
      if (!params.ok) return params;
      request.params = params.value;
      request.paramsText = params.text;
      members += params.members;
    } else if (name === 'context') {
      const read = readContext(value);
      if (!read.ok) return read;
      request.context = read.context;
      members += Object.keys(read.context).length;
    } else if (name === 'labels') {
      const read = readLabels(value);
      if (!read.ok) return read;
      // An empty list says nothing.
      if (read.labels.length > 0) request.labels = read.labels;
      members += 4 * read.labels.length;
    } else if (name === 'stream') {
      if (typeof value !== 'boolean')
        return refuse('malformed_request', 'stream is true or false', '/stream');
      request.stream = value;
    } else if (typeof value === 'string') {
      const refusal = checkText(name, value);
      if (refusal !== undefined) return refusal;
      request[name] = value;
    } else return refuse('malformed_request', `${name} is a text`, `/${name}`);
  }
  if (request.action === undefined) {
    return refuse('malformed_request', 'action is missing', '/action');
  }
  // All of them together, as the reader of a wire counts.
  if (members > limits.keys) return refuse('too_large', `more than ${limits.keys} members`);
  return { ok: true, request: Object.freeze(request) as unknown as AdmittedRequest };
}

function readParams(value: unknown, limits: AdmissionLimits): Canonical | Refusal {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return refuse('malformed_request', 'params is an object', '/params');
  }
  const params = canonicalize(value, limits, 1);
  if (params.ok) return params;
  return refuse(params.code, `params: ${params.message}`, `/params${params.pointer}`);
}

function checkText(name: string, value: string): Refusal | undefined {
  const longest = PRINTABLE.get(name);
  if (longest !== undefined) {
    if (value.length > 0 && value.length <= longest && isPrintableAscii(value)) return undefined;
    const message = `${name} is a text of 1 to ${longest} printable ASCII characters`;
    return refuse('malformed_request', message, `/${name}`);
  }
  if (name === 'action') {
    if (isActionName(value)) return undefined;
    const message = `an action is lower-case ASCII parts with dots between them, at most ${LONGEST_NAME} characters`;
    return refuse('invalid_action', message, '/action');
  }
  if (name === 'execution') {
    if (value === 'host' || value === 'none') return undefined;
    return refuse('malformed_request', 'execution is host or none', '/execution');
  }
  if (name === 'response_mode') {
    if (RESPONSE_MODES.has(value)) return undefined;
    const message = `response_mode is one of ${[...RESPONSE_MODES].join(', ')}`;
    return refuse('malformed_request', message, '/response_mode');
  }
  const limit = name === 'resource' ? LONGEST_RESOURCE : LONGEST_JUSTIFICATION;
  if (value.length > limit) {
    return refuse('too_large', `${name} is longer than ${limit} characters`, `/${name}`);
  }
  if (value.isWellFormed()) return undefined;
  return refuse('invalid_text', `${name} holds half of a surrogate pair`, `/${name}`);
}
