/** Labels of stored things: joined, and never more than a few of them. What is forgotten is kept as the worst that it could have been. */
import type { Label } from '@portcullis/wire';
import { joinLabels, summary } from '../../session/labels.ts';

export type Labels = readonly Label[];

export const NONE: Labels = Object.freeze([]);

/** Above this many, origins are no longer told apart. */
const MOST = 8;

export function join(known: Labels, fresh: Labels): Labels {
  if (fresh.length === 0) return known;
  const joined = joinLabels(known, fresh);
  if (joined.length <= MOST) return joined;
  return Object.freeze([...joined.slice(0, MOST - 1), summary(joined.slice(MOST - 1))]);
}

/** Nobody knows any more what it was: untrusted, and as private as the most private of these. */
export const forgotten = (labels: Labels): Labels =>
  Object.freeze([Object.freeze({ ...summary(labels), integrity: 'untrusted' as const })]);

/** What nothing is known of, not even that. */
export const WORST: Labels = Object.freeze([
  Object.freeze({ source: '*', origin: '*', integrity: 'untrusted', confidentiality: 'secret' }),
]);
