/** When a record was made. Stamps never go back; a clock that was set back stands beside, and it is the one that everything else was measured with. */
import type { JournalRecord } from '@portcullis/wire';

/** Milliseconds since the epoch, as the kernel's clock said then. */
export const timeOf = ({ ts, clock }: JournalRecord): number =>
  Date.parse(typeof clock === 'string' ? clock : ts);
