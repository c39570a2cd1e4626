/**
 * Whether a call runs another program (`sh`, `xargs`, `git -c`, `find -exec`), by what is known of programs. Other actions than
 * `proc.exec` run no program: the condition is unknown to them, and so is an argument list that is none.
 */
import { runsOthers } from '../../action/program/program-knowledge.ts';
import { truth, UNKNOWN } from '../value/truth.ts';
import { type Condition, condition } from './condition.ts';

export function runsOthersCondition(wanted: boolean): Condition {
  return condition(['when', 'runs_others'], (_ev, { resource, params }) => {
    if (resource.kind !== 'proc') return UNKNOWN;
    const args = params.args ?? [];
    if (!Array.isArray(args) || !args.every((arg) => typeof arg === 'string')) return UNKNOWN;
    return truth((runsOthers(resource.value, args as string[]) !== undefined) === wanted);
  });
}
