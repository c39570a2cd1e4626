/**
 * A part of the kernel's state that a restart rebuilds: it reads every record in order, and what it holds goes whole into the
 * summaries that outlive dropped segments. What it does live it does in the same synchronous run that appends the record.
 */
import type { JournalRecord, Json } from '@portcullis/wire';

export interface Fold {
  /** Its place in a saved state; never renamed. */
  readonly name: string;
  apply(record: JournalRecord): void;
  save(): Json;
  /** Replaces everything held. */
  load(json: Json): void;
}
