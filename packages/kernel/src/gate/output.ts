/** What a provider may answer with: bytes, or JSON. Held to that before anything is made of it, in time linear in its size. */
import type { Json } from '@portcullis/wire';
import { isPlainObject } from '../action/plain.ts';

/** Deeper results are refused, cycles among them. A frame shows less depth than this. */
const DEEPEST = 256;

export const isOutputData = (data: unknown): data is Json | Uint8Array =>
  data instanceof Uint8Array || isJson(data, 0);

function isJson(value: unknown, depth: number): boolean {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return true;
    case 'number':
      return Number.isFinite(value);
    case 'object':
      break;
    default:
      return false;
  }
  if (value === null) return true;
  if (depth >= DEEPEST) return false;
  if (Array.isArray(value)) return value.every((element) => isJson(element, depth + 1));
  if (!isPlainObject(value)) return false;
  return Object.values(value).every((member) => isJson(member, depth + 1));
}
