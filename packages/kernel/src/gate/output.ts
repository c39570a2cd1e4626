/** What a provider may answer with: bytes, or JSON, and labels. Held to that before anything is made of it, in time linear in its size. */
import type { Json, Label } from '@portcullis/wire';
import { isPlainObject } from '../action/plain.ts';

/** Deeper results are refused, cycles among them. A frame shows less depth than this. */
const DEEPEST = 256;

export const isOutputData = (data: unknown): data is Json | Uint8Array =>
  data instanceof Uint8Array || isJson(data, 0);

function isJson(value: unknown, depth: number): boolean {
  if (isScalar(value)) return true;
  if (typeof value !== 'object' || value === null || depth >= DEEPEST) return false;
  if (Array.isArray(value)) {
    for (let at = 0; at < value.length; at++) {
      const element: unknown = value[at];
      // A place that was never filled is no value.
      if (!isJson(element, depth + 1) && (element !== undefined || at in value)) return false;
    }
    return true;
  }
  if (!isPlainObject(value)) return false;
  for (const name in value) {
    const member = value[name];
    // Whose it is, is asked last: nearly all are a member's own, and scalars.
    if (!isScalar(member) && !isJson(member, depth + 1) && Object.hasOwn(value, name)) return false;
  }
  return true;
}

function isScalar(value: unknown): boolean {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return true;
    case 'number':
      return Number.isFinite(value);
    default:
      return value === null;
  }
}

const NONE: readonly Label[] = Object.freeze([]);

/** Undefined where one of them is none; without what a label does not have. What a provider could still change is copied: a session bears them for good. */
export function labelsOf(labels: unknown): readonly Label[] | undefined {
  if (!Array.isArray(labels)) return undefined;
  if (labels.length === 0) return NONE;
  let fixed = Object.isFrozen(labels);
  for (const label of labels) {
    if (!isLabel(label)) return undefined;
    fixed &&= Object.isFrozen(label) && Object.keys(label).length === MEMBERS;
  }
  return fixed ? labels : Object.freeze(labels.map(bare));
}

const MEMBERS = 4;
const INTEGRITY: ReadonlySet<unknown> = new Set(['trusted', 'untrusted']);
const CONFIDENTIALITY: ReadonlySet<unknown> = new Set(['public', 'private', 'secret']);

const isLabel = (label: Partial<Label> | null | undefined): label is Label =>
  typeof label?.source === 'string' &&
  typeof label.origin === 'string' &&
  INTEGRITY.has(label.integrity) &&
  CONFIDENTIALITY.has(label.confidentiality);

const bare = ({ source, origin, integrity, confidentiality }: Label): Label =>
  Object.freeze({ source, origin, integrity, confidentiality });
