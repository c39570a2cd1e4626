/** Masked values made small: bounded in depth, members and characters, with a count of what was left out. */
import type { Json } from '@portcullis/wire';
import { plainObject } from '../action/index.ts';
import { shortened } from './characters.ts';

export interface ClipLimits {
  readonly depth: number;
  /** Members of an object, items of a list. */
  readonly members: number;
  /** UTF-16 units of a text. */
  readonly characters: number;
}

export interface Left {
  texts: number;
  items: number;
}

/** What stands where something was too deep. */
export const CUT = '[cut]';

export function clip(value: Json, limits: ClipLimits, left: Left, depth = 1): Json {
  if (typeof value === 'string') return clipText(value, limits.characters, left);
  if (typeof value !== 'object' || value === null) return value;
  if (depth > limits.depth) {
    left.items++;
    return CUT;
  }
  if (Array.isArray(value)) {
    if (value.length > limits.members) left.items += value.length - limits.members;
    return value.slice(0, limits.members).map((item) => clip(item, limits, left, depth + 1));
  }
  if (isShort(value, limits)) return value;
  const names = Object.keys(value);
  if (names.length > limits.members) left.items += names.length - limits.members;
  const copy = plainObject();
  for (const name of names.slice(0, limits.members)) {
    copy[clipText(name, limits.characters, left)] = clip(
      value[name] as Json,
      limits,
      left,
      depth + 1,
    );
  }
  return copy;
}

/** A record of which nothing is left out: most are. */
function isShort(record: { [key: string]: Json }, limits: ClipLimits): boolean {
  let members = 0;
  for (const name in record) {
    const value = record[name];
    if (typeof value === 'string' ? value.length > limits.characters : typeof value === 'object')
      return false;
    if (name.length > limits.characters || ++members > limits.members) return false;
  }
  return true;
}

export function clipText(text: string, most: number, left: Left): string {
  if (text.length <= most) return text;
  left.texts++;
  return shortened(text, most);
}

export const sizeAsJson = (value: Json): number => Buffer.byteLength(JSON.stringify(value));
