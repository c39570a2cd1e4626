/** Answers: JSON, text, and RFC 9457 problem documents. Nothing is cached anywhere, and no answer is taken for something else. */
import { CODES, type Code, PortcullisError } from '@portcullis/kernel';
import type { Problem, Result } from '@portcullis/wire';
import { FastResponse } from './fast-response.ts';

const COMMON = Object.freeze({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });

const JSON_INIT = Object.freeze({
  status: 200,
  headers: Object.freeze({ 'content-type': 'application/json', ...COMMON }),
});

/** 200 with a JSON body. */
export function json(value: unknown): Response {
  return new FastResponse(JSON.stringify(value), JSON_INIT);
}

export function jsonWith(
  status: number,
  value: unknown,
  headers: Record<string, string> = {},
): Response {
  const all = { 'content-type': 'application/json', ...COMMON, ...headers };
  return new FastResponse(JSON.stringify(value), { status, headers: all });
}

export function text(value: string, contentType = 'text/plain; charset=utf-8'): Response {
  return new FastResponse(value, {
    status: 200,
    headers: { 'content-type': contentType, ...COMMON },
  });
}

export function stream(body: ReadableStream<Uint8Array>, contentType: string): Response {
  return new FastResponse(body, {
    status: 200,
    headers: { 'content-type': contentType, ...COMMON, 'x-accel-buffering': 'no' },
  });
}

/** The document for an error. A fault tells nothing but its code: what else it knows is in the log. */
export function problemFor(error: PortcullisError, result?: Result): Problem {
  const info = CODES[error.code];
  const status = info.status === 200 ? 409 : info.status;
  return {
    type: `urn:portcullis:code:${error.code}`,
    title: info.title,
    status,
    ...(status < 500 && error.message !== info.title ? { detail: error.message } : {}),
    code: error.code,
    retry: info.retry,
    ...(error.retryAfter === undefined ? {} : { retry_after: error.retryAfter }),
    ...(error.record === undefined ? {} : { record: error.record }),
    ...(result === undefined ? {} : { result }),
  };
}

export function problem(error: PortcullisError, headers: Record<string, string> = {}): Response {
  return problemResponse(problemFor(error), headers);
}

/** Admission refused it, so that it never became an action: its code has an HTTP status other than a decision's 200. */
export const neverAnAction = ({ action, decision }: Result): boolean =>
  action === undefined && CODES[decision.code as Code]?.status !== 200;

/** The recorded result of what never became an action, as a problem document with the status of its code. */
export function refusedResult(result: Result): Response {
  const { decision, record } = result;
  const error = new PortcullisError(decision.code as Code, decision.reason, {
    ...(decision.retry_after === undefined ? {} : { retryAfter: decision.retry_after }),
    ...(record === undefined ? {} : { record }),
  });
  return problemResponse(problemFor(error, result));
}

function problemResponse(document: Problem, headers: Record<string, string> = {}): Response {
  const all: Record<string, string> = {
    'content-type': 'application/problem+json',
    ...COMMON,
    ...headers,
  };
  if (document.retry_after !== undefined)
    all['retry-after'] = String(Math.ceil(document.retry_after));
  return new FastResponse(JSON.stringify(document), { status: document.status, headers: all });
}
