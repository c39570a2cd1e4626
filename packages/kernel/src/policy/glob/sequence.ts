/**
 * Patterns over a sequence of parts: `*` within a part, `**` for any number of whole parts, none included. The runs between two
 * `**` are found leftmost, in order, so that no pattern makes the search start over.
 */
import { isLiteral, matchSegment, parseSegment, type Segment } from './segment.ts';

/** The runs between `**`: n + 1 of them for n `**`. */
export type Sequence = readonly (readonly Segment[])[];

const MOST_PARTS = 128;

export function parseSequence(parts: readonly string[]): Sequence | { readonly wrong: string } {
  if (parts.length > MOST_PARTS) return { wrong: `a pattern has at most ${MOST_PARTS} parts` };
  const runs: Segment[][] = [[]];
  for (const part of parts) {
    if (part === '**') {
      runs.push([]);
      continue;
    }
    const segment = parseSegment(part);
    if ('wrong' in segment) return segment;
    (runs[runs.length - 1] as Segment[]).push(segment);
  }
  return runs;
}

/** Whether a wildcard may stand for this part. */
export type Wild = (part: string) => boolean;

export function matchSequence(sequence: Sequence, parts: readonly string[], wild: Wild): boolean {
  const first = sequence[0] as readonly Segment[];
  if (sequence.length === 1) {
    return first.length === parts.length && runAt(first, parts, 0, wild);
  }
  const last = sequence[sequence.length - 1] as readonly Segment[];
  const end = parts.length - last.length;
  if (end < first.length || !runAt(first, parts, 0, wild) || !runAt(last, parts, end, wild)) {
    return false;
  }
  let from = first.length;
  for (let i = 1; i < sequence.length - 1; i++) {
    const run = sequence[i] as readonly Segment[];
    let at = from;
    while (at + run.length <= end && !runAt(run, parts, at, wild)) {
      if (!wild(parts[at] as string)) return false;
      at++;
    }
    if (at + run.length > end) return false;
    from = at + run.length;
  }
  for (; from < end; from++) if (!wild(parts[from] as string)) return false;
  return true;
}

function runAt(run: readonly Segment[], parts: readonly string[], at: number, wild: Wild): boolean {
  for (let i = 0; i < run.length; i++) {
    const segment = run[i] as Segment;
    const part = parts[at + i] as string;
    if (!matchSegment(segment, part)) return false;
    if (!isLiteral(segment) && !wild(part)) return false;
  }
  return true;
}
