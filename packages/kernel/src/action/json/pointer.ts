/** JSON Pointers (RFC 6901): parsed once, resolved by own properties only. */
import type { Json, JsonObject } from '@portcullis/wire';

export type Pointer = readonly string[];

const LONGEST = 1_024;

/** undefined where the text is no pointer to something below the root. */
export function parsePointer(text: string): Pointer | undefined {
  if (!text.startsWith('/') || text.length > LONGEST || /~(?![01])/.test(text)) return undefined;
  return stepsOf(text);
}

/** The steps of a text that is known to be a pointer; none of the empty one, which is the root. */
export const stepsOf = (text: string): Pointer =>
  text
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));

export function formatPointer(parts: readonly (string | number)[]): string {
  return parts
    .map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`)
    .join('');
}

/** undefined where there is no such value: JSON has none that is undefined. */
export function resolve(root: Readonly<JsonObject>, pointer: Pointer): Json | undefined {
  let value: Json = root as JsonObject;
  for (const part of pointer) {
    if (typeof value !== 'object' || value === null) return undefined;
    if (Array.isArray(value)) {
      const index = arrayIndex(part);
      if (index === undefined || index >= value.length) return undefined;
      value = value[index] as Json;
    } else {
      if (!Object.hasOwn(value, part)) return undefined;
      value = value[part] as Json;
    }
  }
  return value;
}

/** RFC 6901: digits without a leading zero. */
export function arrayIndex(part: string): number | undefined {
  return /^(0|[1-9]\d{0,8})$/.test(part) ? Number(part) : undefined;
}
