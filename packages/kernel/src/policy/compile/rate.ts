/** The rate of a rule: its key, made of the rule and of what it is counted by, as a JSON array text so that no two are alike. */
import { hash } from 'node:crypto';
import type { Json } from '@portcullis/wire';
import type { Action } from '../../action/index.ts';
import { parsePointer, resolve } from '../../action/json/pointer.ts';
import type { Evaluation, RateUse } from '../../gate/guard.ts';
import { parseDuration } from '../../time/duration.ts';
import type { When } from '../document/schema.ts';
import { sure } from './sure.ts';

export interface Rate {
  /** Permit rules: as many, this one included. Restrictions: more than as many. */
  readonly limit: number;
  readonly restricts: boolean;
  /** Milliseconds. */
  readonly window: number;
  /** undefined where what it is counted by is missing. */
  use(evaluation: Evaluation, action: Action): RateUse | undefined;
}

type Part = (evaluation: Evaluation, action: Action) => Json | undefined;

/** `scope` tells rules of one name apart: the layer that the rule is of. */
export function compileRate(rate: NonNullable<When['rate']>, scope: string, rule: string): Rate {
  const restricts = rate.over !== undefined;
  const limit = sure(rate.max ?? rate.over);
  const window = sure(parseDuration(rate.per));
  const by = (rate.by ?? []).map((name): [string, Part] => [name, partOf(name)]);
  return Object.freeze({
    limit,
    restricts,
    window,
    use(ev: Evaluation, action: Action): RateUse | undefined {
      const counted: Json[] = [];
      for (const [name, part] of by) {
        const value = part(ev, action);
        if (value === undefined) return undefined;
        counted.push([name, value]);
      }
      const key = keyOf([ev.caller.tenant, scope, rule], counted);
      return { key, max: limit, window };
    },
  });
}

/** Keys are kept and journaled: what makes one long goes in as its hash. */
const LONGEST_KEY = 512;

function keyOf(rule: readonly string[], counted: readonly Json[]): string {
  const key = JSON.stringify([...rule, ...counted]);
  if (key.length <= LONGEST_KEY) return key;
  return JSON.stringify([...rule, ['sha256', hash('sha256', JSON.stringify(counted), 'hex')]]);
}

function partOf(name: string): Part {
  switch (name) {
    case 'principal':
      return (ev) => ev.principal.id;
    case 'on_behalf_of':
      return (ev) => ev.onBehalfOf;
    case 'session':
      return (ev) => ev.session?.id;
    case 'action':
      return (_ev, action) => action.name;
    case 'resource':
      return (_ev, action) => [action.resource.kind, action.resource.value];
    default: {
      const pointer = sure(parsePointer(name));
      return (_ev, action) => resolve(action.params, pointer);
    }
  }
}
