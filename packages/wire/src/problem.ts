/** An error over the wire: RFC 9457 with a stable `code`. */
import type { Result } from './result.ts';

export type RetryClass = 'never' | 'later' | 'after_change' | 'after_approval';

export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail?: string;
  readonly code: string;
  readonly retry: RetryClass;
  /** Seconds. */
  readonly retry_after?: number;
  readonly record?: { readonly seq: number; readonly hash: string };
  /**
   * Present where `submit` or `decide` refused the request at admission (its result names no action): the
   * recorded result, so that a client answers with the same value as the library does.
   */
  readonly result?: Result;
}
