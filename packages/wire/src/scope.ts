/** Scopes: a policy of your own on a shared sidecar, in place of the server's, for sessions opened in it. It decides; it executes nothing. */
import type { Mode } from './decision.ts';

export interface ScopeRequest {
  /** The document's text; an empty one denies everything. */
  policy: string;
  /** Default `yaml`. */
  format?: 'yaml' | 'json' | 'toml';
  /** Default: the server's. */
  mode?: Mode;
}

export interface ScopeView {
  readonly id: string;
  /** Of the policy. */
  readonly digest: string;
  readonly rules: number;
  readonly mode: Mode;
  /** Who its permits are for; `permits/verify` and `redeem` must name it. */
  readonly audience: string;
}
