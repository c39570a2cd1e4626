/** Somebody with access to the disk: changes one letter of what was recorded, and nothing else. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Flip {
  readonly segment: string;
  /** 1-based. */
  readonly line: number;
  readonly before: string;
  readonly after: string;
}

/** In the first record that says `deny`: from now on it reads `Deny`. One bit of one byte. */
export function flipOneByte(journal: string): Flip {
  for (const segment of readdirSync(journal).sort()) {
    const path = join(journal, segment);
    if (!segment.endsWith('.jsonl')) continue;
    const bytes = readFileSync(path);
    const at = bytes.indexOf('"effect":"deny"');
    if (at < 0) continue;
    const byte = at + '"effect":"'.length;
    bytes[byte] = (bytes[byte] ?? 0) ^ 0x20;
    writeFileSync(path, bytes);
    const line = bytes.subarray(0, at).toString('latin1').split('\n').length;
    return { segment, line, before: 'deny', after: 'Deny' };
  }
  throw new TypeError('the journal holds no refusal');
}
