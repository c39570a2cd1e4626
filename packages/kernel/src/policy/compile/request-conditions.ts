/**
 * Conditions on how an action is asked for: with a grant that covers it, and with a reason of some length. Both are always known: what was not
 * said is not there.
 */
import type { Evaluation } from '../../gate/guard.ts';
import type { When } from '../document/schema.ts';
import { truth } from '../value/truth.ts';
import { type Condition, condition } from './condition.ts';

const EDGES = /^[\s\p{C}\p{Z}]+|[\s\p{C}\p{Z}]+$/gu;
const GAPS = /[\s\p{C}\p{Z}]+/gu;

/** Characters (code points) of a justification: nothing at its ends counts that does not show, and a gap counts as one. */
function justificationLength(text: string | undefined): number {
  if (text === undefined) return 0;
  let length = 0;
  for (const _ of text.replace(EDGES, '').replace(GAPS, ' ')) length += 1;
  return length;
}

/** That of the request, else that of the grant it comes with. */
const justificationOf = (ev: Evaluation): string | undefined =>
  ev.request?.justification ?? ev.grant?.justification;

export function grantCondition(wanted: NonNullable<When['grant']>): Condition {
  const presented = wanted === 'required';
  return condition(['when', 'grant'], (ev) => truth((ev.grant !== undefined) === presented));
}

export function justificationCondition({
  min,
  under,
}: NonNullable<When['justification']>): Condition {
  const length = {
    ...(min === undefined ? {} : { min }),
    ...(under === undefined ? {} : { max: under - 1 }),
  };
  return condition(
    ['when', 'justification'],
    (ev) => {
      const given = justificationLength(justificationOf(ev));
      return truth((min === undefined || given >= min) && (under === undefined || given < under));
    },
    { length },
  );
}
