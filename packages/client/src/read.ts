/** From the text of an answer to the value that a verb gives: parsed, its depth bounded, its shape checked. */

import type { Problem, Result } from '@portcullis/wire';
import { problem as problemShape, result as resultShape } from './answers/index.ts';
import { badResponse, PortcullisError } from './errors.ts';
import type { Shape } from './shape.ts';
import type { Answer } from './transport/transport.ts';

/** Deeper than anything the kernel sends: requests end at 32, frames before that. */
const MAX_DEPTH = 64;

export function read<T>(answer: Answer, shape: Shape): T {
  if (answer.status !== 200) throw problemOf(answer);
  const value = parse(answer.text);
  const wrong = shape(value);
  if (wrong !== undefined) throw badResponse(`the answer${wrong}`, 'never');
  return value as T;
}

/** As `read`; a refusal at admission is a value here too: the result that the problem document carries. */
export function readResult(answer: Answer): Result {
  if (answer.status === 200) return read(answer, resultShape);
  const error = problemOf(answer);
  const result = error.problem?.result;
  if (result === undefined) throw error;
  if (result.decision.effect !== 'deny') throw badResponse('a refusal that permits', 'never');
  return result;
}

/** What a text answer says: checkpoints are no JSON. */
export function readText(answer: Answer): string {
  if (answer.status !== 200) throw problemOf(answer);
  return answer.text;
}

export function parse(text: string): unknown {
  if (depthExceeds(text, MAX_DEPTH)) throw badResponse('the answer nests too deep', 'never');
  try {
    return JSON.parse(text);
  } catch {
    throw badResponse('the answer is not JSON', 'never');
  }
}

function problemOf(answer: Answer): PortcullisError {
  let problem: Problem;
  try {
    const value = parse(answer.text);
    if (problemShape(value) !== undefined) throw badResponse('', 'never');
    problem = value as Problem;
  } catch {
    return badResponse(`HTTP ${answer.status} without a problem document`);
  }
  return new PortcullisError(problem.code, problem.detail ?? problem.title, {
    status: problem.status,
    retry: problem.retry,
    retryAfter: problem.retry_after,
    problem,
  });
}

/** One pass over the characters: brackets outside strings. */
function depthExceeds(text: string, max: number): boolean {
  let depth = 0;
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (quoted) {
      if (c === 92) i++;
      else if (c === 34) quoted = false;
    } else if (c === 34) quoted = true;
    else if (c === 91 || c === 123) {
      if (++depth > max) return true;
    } else if (c === 93 || c === 125) depth--;
  }
  return false;
}
