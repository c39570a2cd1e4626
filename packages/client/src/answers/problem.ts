/** What the sidecar refuses with. */
import type { Problem } from '@portcullis/wire';
import { count, number, object, oneOf, optional, text } from '../shape.ts';
import { recordRef } from './common.ts';
import { result } from './result.ts';

const retryClass = oneOf('never', 'later', 'after_change', 'after_approval');
export const problem = object<Problem>({
  type: text,
  title: text,
  status: count,
  detail: optional(text),
  code: text,
  retry: retryClass,
  retry_after: optional(number),
  record: optional(recordRef),
  result: optional(result),
});
