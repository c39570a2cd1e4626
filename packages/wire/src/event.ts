/** What `/v1/events` streams: bounded, never secrets. */
import type { JsonObject } from './json.ts';

export interface KernelEvent extends JsonObject {
  /** Grows by one; a client resumes after the last it saw. */
  seq: number;
  /** decision, outcome, session, policy, freeze, quarantine, invalidate, notify, system. */
  type: string;
  at: string;
}
