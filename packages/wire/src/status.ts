/** The state of the kernel: what `status` and `/readyz` show. */
import type { Mode } from './decision.ts';

/** Whom a freeze holds for: every tenant, or who asks alone. */
export type FreezeScope = 'all' | 'tenant';

export interface KernelStatus {
  readonly version: string;
  readonly api: 'v1';
  readonly features: readonly string[];
  readonly mode: Mode;
  /** Everything of who asks is denied. */
  readonly frozen: boolean;
  /** The freezes that do. */
  readonly freezes: readonly FreezeScope[];
  readonly policy: { readonly digest: string; readonly rules: number; readonly source: string };
  readonly sandbox: 'required' | 'off' | 'unavailable';
  readonly durability: 'os' | 'fsync' | 'memory';
  readonly journal: { readonly seq: number; readonly writable: boolean; readonly id: string };
  readonly sessions: number;
  /** Actions waiting for an approval. */
  readonly held: number;
  /** Actions whose outcome is unknown. */
  readonly unknown: number;
  /** What this platform cannot give, in words. */
  readonly limits: readonly string[];
}
