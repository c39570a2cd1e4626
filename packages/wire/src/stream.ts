/** Outcomes in pieces, as they come. */
import type { Frame } from './frame.ts';
import type { Result } from './result.ts';

/** One piece of a stream; its data is what came since the one before. */
export interface StreamFrame extends Frame {
  /** From 0, without gaps. */
  readonly seq: number;
  /** The last one: it holds the result, without a frame, and what of the outcome was not streamed. */
  readonly final: boolean;
  readonly result?: Result;
}
