/**
 * RFC 8785 text of a value that is known to be JSON: member names by UTF-16 units, numbers and strings as ECMAScript writes them.
 * Recursive: for values whose depth admission has bounded.
 */
import type { Json } from '@portcullis/wire';

export function jcs(value: Json): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (Array.isArray(value)) {
    let text = '[';
    for (let at = 0; at < value.length; at++) {
      if (at > 0) text += ',';
      text += jcs(value[at] as Json);
    }
    return `${text}]`;
  }
  let text = '{';
  for (const key of Object.keys(value).sort()) {
    if (text.length > 1) text += ',';
    text += `${JSON.stringify(key)}:${jcs(value[key] as Json)}`;
  }
  return `${text}}`;
}
