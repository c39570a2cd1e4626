/** Outcomes in pieces, as they come. */
import type { Frame } from './frame.ts';
import type { Result } from './result.ts';

/**
 * One piece of a stream; its data is what came since the one before, and `bytes` counts that. Texts, joined, are the text; pieces in base64 are
 * decoded one by one and joined then; any other value stands by itself. Of the last frame `bytes` is the whole result.
 */
export interface StreamFrame extends Frame {
  /** From 0, without gaps. */
  readonly seq: number;
  /** The last frame: it holds the result, without a frame, and as data the part of the outcome that no piece carried. */
  readonly final: boolean;
  /** The data is base64 of bytes that are not text. */
  readonly encoding?: 'base64';
  readonly result?: Result;
}
