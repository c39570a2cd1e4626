/** What of an outcome the model gets to see: how it is shown, the handle that names the rest, and the pages of that. */
import type { Json } from './json.ts';
import type { Label } from './label.ts';

/**
 * How an outcome is shown. Left out: the result itself, bounded. `summary`: counted facts; `table`: the first rows; `handle_only`:
 * nothing but the handle; `raw`: the whole result, redacted like any other, for credentials with the role.
 */
export type ResponseMode = 'summary' | 'table' | 'handle_only' | 'raw';

/** The bounded, redacted, labelled view of an outcome. */
export interface Frame {
  readonly data: Json;
  readonly labels: readonly Label[];
  /** What was cut or masked, in words; empty when nothing was. */
  readonly notes: readonly string[];
  /** Bytes of the whole result, as JSON or as raw bytes, before it was bounded. */
  readonly bytes: number;
  /** How it is shown, which is less than was asked for where the session's tokens run out. Absent: the result itself. */
  readonly mode?: ResponseMode;
  /** Names the whole result: `expand`. */
  readonly handle?: string;
  /** RFC 3339. */
  readonly handle_expires?: string;
  /** Rows of the result, or of an expansion all that its filter found; absent where a limit on rows keeps that back. */
  readonly rows?: number;
  /** How far the session's tokens are used up; absent while enough are left, or none are counted. */
  readonly tier?: 'low' | 'exhausted';
}

export interface ExpandRequest {
  handle: string;
  query?: ExpandQuery;
  /** The session that reads it, where that is another than the one that got the handle: it bears the labels from then on, and its tokens are counted. */
  session?: string;
}

/** Filter first, then page, then fields. */
export interface ExpandQuery {
  /** Rows to skip. Default 0. */
  offset?: number;
  /** Rows at most. Default: as many as a frame holds. */
  limit?: number;
  /** Members of each row, by name; the others are left out. */
  fields?: string[];
  /** Member name or JSON Pointer to the value it must equal; all must hold. */
  filter?: { [place: string]: null | boolean | number | string };
}
