/** Why a record with another number stands where the next one should: looks through the segments once more. */
import { setImmediate as turn } from 'node:timers/promises';
import type { VerifyProblem } from '@portcullis/wire';
import type { SegmentFile } from '../format/files.ts';
import { LineReader } from '../format/lines.ts';
import { readEnvelope } from '../format/record.ts';

/**
 * duplicated: the same record stood before. reordered: the record that should stand here comes later. missing: it does
 * not come at all. fork: another record of this number stood before.
 */
export async function explainOrder(
  problem: VerifyProblem,
  segments: readonly SegmentFile[],
  expected: number,
  signal: AbortSignal | undefined,
): Promise<VerifyProblem> {
  const found = problem.seq ?? 0;
  const hashes = new Set<string>();
  let copies = 0;
  let later = false;
  for (const segment of segments) {
    const reader = new LineReader(segment.path);
    try {
      const visit = (buffer: Buffer, start: number, end: number): void => {
        const envelope = readEnvelope(buffer, start, end);
        if (envelope?.seq === expected) later = true;
        if (envelope?.seq !== found) return;
        copies++;
        hashes.add(envelope.hash);
      };
      while (reader.step(visit)) {
        signal?.throwIfAborted();
        await turn();
      }
    } finally {
      reader.close();
    }
  }
  const says = (what: string, seq: number, message: string): VerifyProblem => ({
    ...problem,
    what,
    seq,
    message,
  });
  if (found < expected && copies > 1) {
    return hashes.size === 1
      ? says('duplicated', found, `record ${found} stands here again`)
      : says('fork', found, `another record ${found} stands here`);
  }
  if (later)
    return says('reordered', expected, `record ${found} stands where record ${expected} should`);
  return says('missing', expected, `record ${expected} should stand here, record ${found} does`);
}
