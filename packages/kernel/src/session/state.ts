/** What the kernel holds of a session in memory: small, for there may be many. */
import type { Label, Quarantine } from '@portcullis/wire';

/** Where a session began; drift is measured against it. */
export interface Origin {
  readonly ip?: string;
  readonly country?: string;
  readonly device?: string;
}

export interface SessionState {
  readonly id: string;
  readonly tenant: string;
  readonly principal: string;
  readonly onBehalfOf: string | undefined;
  readonly label: string | undefined;
  readonly preset: string | undefined;
  /** Milliseconds since the epoch. */
  readonly opened: number;
  readonly origin: Origin;
  /** The credential whose standing session this is: it cannot be closed, and labels stay with it. */
  readonly standing: string | undefined;
  closed: boolean;
  quarantine: Quarantine;
  actions: number;
  denied: number;
  labels: readonly Label[];
}
