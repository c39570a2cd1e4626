/** One run of one principal. */
import type { Label } from './label.ts';
import type { Context } from './principal.ts';

export type Quarantine = 'none' | 'read_only' | 'isolated' | 'frozen';

export interface SessionOptions {
  preset?: string;
  /** The scope whose policy judges it, in place of the server's. */
  scope?: string;
  on_behalf_of?: string;
  /** A name for people; at most 200 characters. */
  label?: string;
  /** The session above it: while that one is quarantined, so is this. */
  parent?: string;
  /** Whose session it is and where it begins, if the credential may assert that. Default: the credential's own principal. */
  context?: Context;
}

export interface SessionView {
  readonly id: string;
  readonly principal: string;
  readonly on_behalf_of?: string;
  readonly label?: string;
  readonly preset?: string;
  readonly scope?: string;
  readonly parent?: string;
  readonly opened: string;
  readonly status: 'open' | 'closed' | 'invalidated';
  readonly quarantine: Quarantine;
  /** Actions decided, of any effect. */
  readonly actions: number;
  readonly denied: number;
  readonly labels: readonly Label[];
}

export interface Turn {
  role: 'user';
  text: string;
}
