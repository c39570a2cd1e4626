/**
 * Whether a policy could ever permit an action of which not everything is known yet: what a grant is judged by. Asked of each rule with what
 * is settled (who, which action, what is pinned, now); the rest could come out either way, so a rule may match where it is not
 * false, and a deny counts only where it is true whatever comes. It lets through more than `evaluate` would and never less, which is
 * safe for one reason alone: policy decides again at each use.
 */

import type { Action } from '../action/index.ts';
import { MOVE } from '../action/move.ts';
import type { Answer, Evaluation } from '../gate/guard.ts';
import type { Bucket } from './compile/index-by-action.ts';
import type { CompiledRule } from './compile/rule.ts';
import type { CompiledLayer } from './evaluate.ts';
import { lacking } from './lacking.ts';
import type { Settled } from './types.ts';
import { and, TRUE, type Truth, UNKNOWN } from './value/truth.ts';

export interface Possibility {
  readonly answer: Answer;
  /** Of the layer that was asked last. */
  readonly rule: CompiledRule | undefined;
}

/** Deny where no use could be permitted; pass where one could: at once, after an approval, or later. */
export function possibilityOf(
  layers: readonly CompiledLayer[],
  ev: Evaluation,
  action: Action,
  settled: Settled,
): Possibility {
  let rule: CompiledRule | undefined;
  for (const layer of layers) {
    const bucket = layer.bucket(action.name);
    rule = firstOf(bucket, ev, action, settled);
    if (rule === undefined) return { answer: noRule(layer, bucket, ev, action, settled), rule };
    if (rule.effect === 'deny') return { answer: refused(rule), rule };
  }
  return { answer: rule === undefined ? NO_RULE : { kind: 'pass' }, rule };
}

const NO_RULE: Answer = Object.freeze({ kind: 'deny', code: 'no_matching_rule' });

function firstOf(
  { final, classes }: Bucket,
  ev: Evaluation,
  action: Action,
  settled: Settled,
): CompiledRule | undefined {
  const decides = (rule: CompiledRule): boolean =>
    truthOf(rule, ev, action, settled) >= (rule.effect === 'deny' ? TRUE : UNKNOWN);
  const last = final.find(decides);
  if (last !== undefined) return last;
  for (const members of classes) {
    const found = members.find(decides);
    if (found !== undefined) return found;
  }
  return undefined;
}

function truthOf(rule: CompiledRule, ev: Evaluation, action: Action, settled: Settled): Truth {
  let result: Truth = rule.rate === undefined ? TRUE : UNKNOWN;
  for (const { path, test } of rule.conditions) {
    const known = isSettled(path, action, settled);
    // Of parameters together it is known only that a pinned one is a stranger to the rule.
    const said = known === 'no' ? UNKNOWN : test(ev, action);
    result = and(result, known === 'below' ? and(said, UNKNOWN) : said);
  }
  return result;
}

function isSettled(
  path: readonly (string | number)[],
  { name }: Action,
  settled: Settled,
): 'yes' | 'below' | 'no' {
  switch (path[1]) {
    case 'principal':
    case 'session':
    case 'env':
    case 'time':
    case 'grant':
      return 'yes';
    case 'justification':
      return settled.reasonOpen === true ? 'no' : 'yes';
    case 'resource':
      // Of a move both names are one condition.
      return settled.resource && (name !== MOVE || settled.params.has('/to')) ? 'yes' : 'no';
    case 'params':
      if (path[2] === undefined) return 'below';
      return settled.params.has(String(path[2])) ? 'yes' : 'no';
    default:
      return 'no';
  }
}

function noRule(
  layer: CompiledLayer,
  bucket: Bucket,
  ev: Evaluation,
  action: Action,
  settled: Settled,
): Answer {
  const code = lacking(
    bucket,
    ev,
    (rule, but) =>
      truthOf(
        { ...rule, conditions: rule.conditions.filter((one) => !but(one)) },
        ev,
        action,
        settled,
      ) >= UNKNOWN,
  );
  return {
    kind: 'deny',
    code: code ?? 'no_matching_rule',
    note: `no rule of layer ${layer.layer} could permit this`,
    ...(layer.remedy === undefined || code !== undefined ? {} : { remedy: layer.remedy }),
  };
}

const refused = (rule: CompiledRule): Answer => ({
  kind: 'deny',
  code: 'denied_by_rule',
  note: `rule ${rule.name} of layer ${rule.layer}`,
  ...(rule.remedy === undefined ? {} : { remedy: rule.remedy }),
});
