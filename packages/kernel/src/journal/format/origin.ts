/** Which journal a directory holds: the first line of its first checkpoint says so. */
import { join } from 'node:path';
import { CheckpointReader } from './checkpoint.ts';
import { CHECKPOINTS_FILE, JOURNAL_ID } from './format.ts';

export interface JournalOrigin {
  /** The whole line: signer's name, slash, journal id. */
  readonly name: string;
  readonly journal: string;
}

/** Not checked against a signature: that comes with the checkpoints themselves. */
export function findOrigin(dir: string): JournalOrigin | undefined {
  let reader: CheckpointReader;
  try {
    reader = new CheckpointReader(join(dir, CHECKPOINTS_FILE));
  } catch {
    return undefined;
  }
  try {
    const name = reader.peek()?.note.split('\n', 1)[0] ?? '';
    const journal = name.slice(name.lastIndexOf('/') + 1);
    const fits = JOURNAL_ID.test(journal) && /^[^\s+]+$/u.test(name);
    return fits && name.length > journal.length + 1 ? { name, journal } : undefined;
  } finally {
    reader.close();
  }
}
