/** Reading the members of a request: each of its kind, none unknown, into a frozen copy that nobody else holds. */
import { canonicalize } from '../../action/index.ts';
import { ADMISSION_LIMITS } from '../../action/limits.ts';
import { isPlainObject, plainObject } from '../../action/plain.ts';
import { type Refusal, refuse, shown } from '../../action/refusal.ts';
import { isPrintableAscii, isVisible } from '../../action/text.ts';
import { Unreadable } from '../../action/unreadable.ts';

const LONGEST_JUSTIFICATION = 4_000;

export type Fields = Readonly<
  Record<string, 'text' | 'prose' | 'token' | 'object' | 'flag' | 'number'>
>;
export type Read<T> = { readonly ok: true; readonly request: T } | Refusal;

const LONGEST = Object.freeze({ text: 256, token: 65_536 });

/** The members as they are, where each is of its kind and none is unknown. */
export function readFields(input: unknown, fields: Fields): Read<Record<string, unknown>> {
  if (input instanceof Unreadable) return refuse(input.code, input.message);
  if (typeof input !== 'object' || input === null || !isPlainObject(input))
    return walked(input, fields);
  let own: Record<string, unknown>;
  try {
    own = { ...input };
  } catch {
    return walked(input, fields);
  }
  const request = sound(own, fields);
  return request === undefined ? walked(own, fields) : { ok: true, request };
}

/** Without a text of the whole, which nobody asks for and which a token makes long. undefined where anything might be wrong: then the walk says what. */
function sound(own: Record<string, unknown>, fields: Fields): Record<string, unknown> | undefined {
  const names = Object.keys(own).sort();
  const copy = plainObject() as Record<string, unknown>;
  let members = names.length;
  let characters = 0;
  for (const name of names) {
    const value = own[name];
    if (value === undefined) continue;
    const kind = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (kind === undefined || wrongKind(kind, value) !== undefined) return undefined;
    if (kind === 'object') {
      const inner = canonicalize(value, ADMISSION_LIMITS, 1);
      if (!inner.ok) return undefined;
      copy[name] = inner.value;
      members += inner.members;
      characters += inner.text.length;
    } else if (typeof value === 'string') {
      if (!value.isWellFormed()) return undefined;
      copy[name] = value;
      characters += value.length;
    } else if (typeof value === 'number') {
      if (!Number.isFinite(value)) return undefined;
      copy[name] = value === 0 ? 0 : value;
    } else copy[name] = value;
  }
  // Escapes and names are counted in: far below the bound there is nothing to measure.
  if (members > ADMISSION_LIMITS.keys || characters * 8 > ADMISSION_LIMITS.bytes) return undefined;
  return Object.freeze(copy);
}

/** The same, each member read once and every bound measured; what is wrong, and where. */
export function walked(input: unknown, fields: Fields): Read<Record<string, unknown>> {
  const copy = canonicalize(input);
  if (!copy.ok) return copy;
  const given = copy.value;
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    return refuse('malformed_request', 'a request is an object');
  for (const [name, value] of Object.entries(given)) {
    const kind = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (kind === undefined) {
      const message = `a request has no field ${shown(name)}; it has ${Object.keys(fields).join(', ')}`;
      return refuse('unknown_field', message, `/${name.slice(0, 64)}`);
    }
    const wrong = wrongKind(kind, value);
    if (wrong !== undefined) return refuse('malformed_request', `${name} is ${wrong}`, `/${name}`);
  }
  return { ok: true, request: given };
}

function wrongKind(kind: Fields[string], value: unknown): string | undefined {
  switch (kind) {
    case 'text':
    case 'token': {
      const sound =
        typeof value === 'string' &&
        value.length > 0 &&
        value.length <= LONGEST[kind] &&
        (kind === 'token' ? isPrintableAscii(value) : isVisible(value));
      return sound ? undefined : `a text of 1 to ${LONGEST[kind]} characters that show`;
    }
    case 'prose':
      return typeof value === 'string' && value.length <= LONGEST_JUSTIFICATION
        ? undefined
        : `a text of at most ${LONGEST_JUSTIFICATION} characters`;
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value)
        ? undefined
        : 'an object';
    case 'flag':
      return typeof value === 'boolean' ? undefined : 'true or false';
    case 'number':
      return typeof value === 'number' ? undefined : 'a number';
  }
}
