/**
 * The view of an outcome that the requester gets: bounded in bytes and depth, secrets masked in values, names and bytes at any depth, and
 * what was cut or masked said in words. Fails closed: where masking fails, nothing is shown but a note.
 */
import type { Frame, Json, Label } from '@portcullis/wire';
import { Framing } from './framing.ts';
import { FRAME_LIMITS, type FrameLimits } from './types.ts';

export function makeFrame(
  data: Json | Uint8Array,
  labels: readonly Label[],
  limits: FrameLimits = FRAME_LIMITS,
): Frame {
  const size = sizeOf(data);
  const bytes = size ?? 0;
  try {
    const framing = new Framing(limits, size ?? Number.POSITIVE_INFINITY);
    const shown = framing.show(data);
    const notes = framing.notes(bytes);
    return Object.freeze({ data: shown, labels: Object.freeze([...labels]), notes, bytes });
  } catch {
    return withheld(labels, bytes);
  }
}

function withheld(labels: readonly Label[], bytes: number): Frame {
  const notes = Object.freeze(['withheld: the result could not be searched for secrets']);
  return Object.freeze({ data: null, labels: Object.freeze([...labels]), notes, bytes });
}

/** undefined where the value is no JSON: nobody knows its size. */
function sizeOf(data: Json | Uint8Array): number | undefined {
  if (data instanceof Uint8Array) return data.byteLength;
  try {
    const text: string | undefined = JSON.stringify(data);
    return text === undefined ? undefined : Buffer.byteLength(text);
  } catch {
    return undefined;
  }
}
