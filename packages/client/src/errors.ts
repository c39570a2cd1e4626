/**
 * What a verb throws: a problem that the sidecar answered with, or a fault of the way there. The same members as the
 * library's error, so that a program reads both alike. Decisions are never thrown.
 */
import type { Problem, RecordRef, RetryClass } from '@portcullis/wire';

export interface ErrorDetail {
  readonly status: number;
  readonly retry: RetryClass;
  /** Seconds. */
  readonly retryAfter?: number | undefined;
  readonly problem?: Problem | undefined;
  readonly cause?: unknown;
}

export class PortcullisError extends Error {
  override readonly name = 'PortcullisError';
  /** Stable; see docs/codes.md. The client's own: `unavailable`, `timeout`, `cancelled`, `bad_response`. */
  readonly code: string;
  readonly status: number;
  readonly retry: RetryClass;
  /** Seconds after which asking again may help. */
  readonly retryAfter: number | undefined;
  /** The RFC 9457 document, where the sidecar sent one. */
  readonly problem: Problem | undefined;
  /** The record that the refusal left, where it left one. */
  readonly record: RecordRef | undefined;

  constructor(code: string, message: string, detail: ErrorDetail) {
    super(message, detail.cause === undefined ? undefined : { cause: detail.cause });
    this.code = code;
    this.status = detail.status;
    this.retry = detail.retry;
    this.retryAfter = detail.retryAfter;
    this.problem = detail.problem;
    this.record = detail.problem?.record;
  }
}

/** Nobody answered. `retry` is `later` only where asking again cannot do a thing twice. */
export const unavailable = (message: string, retry: RetryClass, cause?: unknown): PortcullisError =>
  new PortcullisError('unavailable', message, { status: 503, retry, cause });

/** Somebody answered, and it is not the wire that this client speaks. */
export const badResponse = (message: string, retry: RetryClass = 'later'): PortcullisError =>
  new PortcullisError('bad_response', message, { status: 502, retry });

export const timedOut = (after: number, retry: RetryClass): PortcullisError =>
  new PortcullisError('timeout', `no answer within ${after} ms`, { status: 504, retry });

export const cancelled = (cause?: unknown): PortcullisError =>
  new PortcullisError('cancelled', 'the caller cancelled this', {
    status: 499,
    retry: 'later',
    cause,
  });
