/** Joining labels: a session bears what it has seen, and never more than a bounded list of it. */
import type { Label } from '@portcullis/wire';
import { isOf } from '../policy/compile/sight.ts';

/** Above this many, origins are no longer told apart. */
const MOST = 32;
const RANK = { public: 0, private: 1, secret: 2 } as const;

const isByRule = (label: Label): boolean => isOf(label, 'derived');

/** It says the same, or the summary of many does. */
const covers = (known: Label, label: Label): boolean =>
  known.integrity === label.integrity &&
  known.confidentiality === label.confidentiality &&
  ((known.source === label.source && known.origin === label.origin) ||
    (known.source === '*' && known.origin === '*' && !isByRule(label)));

/** `seen` itself where `fresh` adds nothing. */
export function joinLabels(seen: readonly Label[], fresh: readonly Label[]): readonly Label[] {
  let joined: Label[] | undefined;
  for (const label of fresh) {
    if ((joined ?? seen).some((known) => covers(known, label))) continue;
    joined ??= [...seen];
    joined.push(label);
  }
  if (joined === undefined) return seen;
  if (joined.length <= MOST) return Object.freeze(joined);
  // What a rule said stays told apart: there are as many as there are rules.
  return Object.freeze([summary(joined), ...joined.filter(isByRule)]);
}

/** The least integrity and the most confidentiality of all. */
export function summary(labels: readonly Label[]): Label {
  let integrity: Label['integrity'] = 'trusted';
  let confidentiality: Label['confidentiality'] = 'public';
  for (const label of labels) {
    if (label.integrity === 'untrusted') integrity = 'untrusted';
    if (RANK[label.confidentiality] > RANK[confidentiality])
      confidentiality = label.confidentiality;
  }
  return Object.freeze({ source: '*', origin: '*', integrity, confidentiality });
}
