/**
 * The view of an outcome that the requester gets: bounded in bytes and depth, secrets masked in values, names and bytes at any depth, and
 * what was cut or masked said in words. Fails closed: where masking fails, nothing is shown but a note.
 */
import type { Frame, Json, Label } from '@portcullis/wire';
import { summary } from '../session/labels.ts';
import { Framing } from './framing.ts';
import { FRAME_LIMITS, type FrameLimits } from './types.ts';

export function makeFrame(
  data: Json | Uint8Array,
  labels: readonly Label[],
  limits: FrameLimits = FRAME_LIMITS,
): Frame {
  const bytes = sizeOf(data);
  const said = boundLabels(labels);
  try {
    return bounded(data, said, limits, bytes, false).frame;
  } catch {
    return withheld(said, bytes ?? 0);
  }
}

/** `bytes`: as `sizeOf` says. Throws where masking fails. */
export function bounded(
  data: Json | Uint8Array,
  labels: readonly Label[],
  limits: FrameLimits,
  bytes: number | undefined,
  personal: boolean,
): { readonly frame: Frame; readonly short: boolean } {
  const framing = new Framing(limits, bytes ?? Number.POSITIVE_INFINITY, personal);
  const shown = framing.show(data);
  const notes = framing.notes(bytes ?? 0);
  return {
    frame: Object.freeze({ data: shown, labels, notes, bytes: bytes ?? 0 }),
    short: framing.short,
  };
}

export function withheld(labels: readonly Label[], bytes: number): Frame {
  const notes = Object.freeze(['withheld: the result could not be searched for secrets']);
  return Object.freeze({ data: null, labels, notes, bytes });
}

/** undefined where the value is no JSON: nobody knows its size. */
export function sizeOf(data: Json | Uint8Array): number | undefined {
  if (data instanceof Uint8Array) return data.byteLength;
  try {
    const text: string | undefined = JSON.stringify(data);
    return text === undefined ? undefined : Buffer.byteLength(text);
  } catch {
    return undefined;
  }
}

/** Labels that a frame holds, and UTF-16 units of what one of them names. */
const MOST_LABELS = 16;
const LONGEST_NAME = 512;
const NO_LABELS: readonly Label[] = Object.freeze([]);

/** Where a provider gives more labels than a frame holds, one stands for all, no weaker than any. */
export function boundLabels(labels: readonly Label[]): readonly Label[] {
  if (labels.length === 0) return NO_LABELS;
  let size = 0;
  for (let at = 0; at < labels.length && at <= MOST_LABELS; at++) {
    const label = labels[at] as Label;
    size = Math.max(size, label.source.length, label.origin.length);
  }
  if (labels.length <= MOST_LABELS && size <= LONGEST_NAME) return Object.freeze([...labels]);
  return Object.freeze([summary(labels)]);
}
