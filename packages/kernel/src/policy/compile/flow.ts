/** Conditions on where arguments come from: labels of single values, and what flow makes of the whole action. */
import type { Label } from '@portcullis/wire';
import { parsePointer } from '../../action/json/pointer.ts';
import type { Facts } from '../../flow/facts.ts';
import { ROLES } from '../../flow/label-files/label-file.ts';
import type { When } from '../document/schema.ts';
import { many } from '../document/terms.ts';
import { type Truth, truth, UNKNOWN } from '../value/truth.ts';
import { type Condition, condition } from './condition.ts';
import { sure } from './sure.ts';

/** Of the values at a place, permit rules need all and restrictions any. */
export function labelConditions(
  labels: NonNullable<When['labels']>,
  permission: boolean,
): Condition[] {
  return Object.entries(labels).map(([text, wanted]) => {
    const steps = sure(parsePointer(text));
    const fits = labelTest(wanted);
    return condition(['when', 'labels', text], (ev, action) => {
      const found = ev.flow?.labelsAt(action, steps);
      if (found === undefined || found.length === 0) return UNKNOWN;
      return truth(permission ? found.every(fits) : found.some(fits));
    });
  });
}

function labelTest(wanted: NonNullable<When['labels']>[string]): (label: Label) => boolean {
  const confidentiality = many(wanted.confidentiality);
  const sources = many(wanted.source);
  const origins = many(wanted.origin);
  return (label) =>
    (wanted.integrity === undefined || label.integrity === wanted.integrity) &&
    (confidentiality.length === 0 || confidentiality.includes(label.confidentiality)) &&
    (sources.length === 0 || sources.includes(label.source)) &&
    (origins.length === 0 || origins.includes(label.origin));
}

export function flowConditions(flow: NonNullable<When['flow']>, permission: boolean): Condition[] {
  const tests: [string, (facts: Facts) => boolean][] = [];
  const { sink, labelled, tainted, intent, private: isPrivate, secret } = flow;
  if (labelled !== undefined) tests.push(['labelled', (facts) => facts.labelled === labelled]);
  if (tainted !== undefined) tests.push(['tainted', (facts) => facts.tainted === tainted]);
  if (isPrivate !== undefined) tests.push(['private', (facts) => facts.private === isPrivate]);
  if (secret !== undefined) tests.push(['secret', (facts) => facts.secret === secret]);
  if (intent !== undefined) {
    const wanted = new Set(many(intent));
    tests.push(['intent', (facts) => wanted.has(facts.intent)]);
  }
  if (sink !== undefined) tests.push(['sink', sinkTest(many(sink), permission)]);
  if (flow.links !== undefined) {
    const wanted = new Set<string>(many(flow.links));
    tests.push(['links', (facts) => wanted.has(facts.links)]);
  }
  for (const role of ROLES) {
    const wanted = flow[role];
    if (wanted === undefined) continue;
    const standings = new Set<string>(many(wanted));
    tests.push([role, roleTest(role, standings, permission)]);
  }
  return tests.map(([name, test]) =>
    condition(['when', 'flow', name], (ev, action): Truth => {
      const facts = ev.flow?.facts(action);
      return facts === undefined ? UNKNOWN : truth(test(facts));
    }),
  );
}

/** A tool that is several sinks is permitted by a rule that names them all, and restricted by one that names any. */
function sinkTest(wanted: readonly string[], permission: boolean): (facts: Facts) => boolean {
  const set = new Set(wanted);
  return ({ sinks }) => {
    if (sinks.length === 0) return set.has('none');
    if (set.has('any')) return true;
    return permission ? sinks.every((sink) => set.has(sink)) : sinks.some((sink) => set.has(sink));
  };
}

function roleTest(
  role: string,
  wanted: ReadonlySet<string>,
  permission: boolean,
): (facts: Facts) => boolean {
  return ({ arguments: args }) => {
    let some = false;
    let any = false;
    for (const argument of args) {
      if (argument.role !== role) continue;
      any = true;
      if (wanted.has(argument.standing)) some = true;
      else if (permission) return false;
    }
    return any ? some : wanted.has('none');
  };
}
