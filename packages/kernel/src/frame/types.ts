/** What a frame may hold. */
export interface FrameLimits {
  /** Bytes of the frame's data as JSON. */
  readonly bytes: number;
  readonly depth: number;
}

export const FRAME_LIMITS: FrameLimits = Object.freeze({ bytes: 262_144, depth: 32 });

/** What the modes may hold that show less, or more, than the result itself. */
export interface FrameBudgets extends FrameLimits {
  /** Rows of a table. */
  readonly rows: number;
  /** Members of a row, and fields of a summary. */
  readonly fields: number;
  /** UTF-16 units of one text in a row or a summary. */
  readonly characters: number;
  /** Bytes of the whole frame as JSON, labels and notes included, of `summary`, `table` and `handle_only`. */
  readonly view: number;
  /** Bytes of the data of `raw`. */
  readonly raw: number;
  /** Bytes of the data of all frames of a stream together. Default: as one frame would hold. */
  readonly stream?: number;
}

export const FRAME_BUDGETS: FrameBudgets = Object.freeze({
  ...FRAME_LIMITS,
  rows: 50,
  fields: 20,
  characters: 512,
  view: 16_384,
  raw: 8 * 1024 * 1024,
});

/** What a capability lets a frame show, and every expansion of its handle after it. */
export interface ViewLimits {
  /** The grant that was presented: a handle is bound to it. */
  readonly grant?: string;
  /** Members of a row, or of the object that the result is; others are left out. Default: all. */
  readonly fields?: readonly string[];
  /** Rows of the frame, and of all expansions together. Default: no limit but the frame's own. */
  readonly rows?: number;
  /** Mask personal data too: addresses, phone and card numbers. Default false. */
  readonly personal?: boolean;
}
