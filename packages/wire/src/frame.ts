/** What the model gets to see of an outcome: how it is shown, the handle that names the rest, and its pages. */
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
  /** How it is shown; less than was asked for if the session's tokens run out. Absent: the result itself. */
  readonly mode?: ResponseMode;
  /** Names the whole result, for `expand`. */
  readonly handle?: string;
  /** RFC 3339. */
  readonly handle_expires?: string;
  /** How many rows the result has, or how many the filter of an expansion found; absent if a limit on rows keeps that back. */
  readonly rows?: number;
  /** How far the session's tokens are used up; absent while enough are left, or none are counted. */
  readonly tier?: 'low' | 'exhausted';
}

export interface ExpandRequest {
  handle: string;
  query?: ExpandQuery;
  /** The session that reads it, if it is not the one that got the handle: it bears the labels from then on, and its tokens are counted. */
  session?: string;
}

/** Rows are filtered first, then paged, then cut down to fields. */
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
