import type { FrameSink } from '../result/stream/streamed.ts';
import type { Recall } from './idempotency/recall.ts';

/** How a call runs, besides what it asks for. */
export interface CallOptions {
  /** The calls under way that have an idempotency key. */
  readonly recall: Recall;
  /** Ends what the provider does. */
  readonly signal?: AbortSignal | undefined;
  /** Takes the result as it comes. */
  readonly sink?: FrameSink | undefined;
}
