/**
 * Conditions on parameters. Of a list, permit rules need every element and restrictions any; and a permit rule that lists
 * parameters knows no others.
 */
import type { Json, JsonObject } from '@portcullis/wire';
import { type Pointer, parsePointer, resolve } from '../../action/json/pointer.ts';
import { PARAM_TESTS, type ParamTestName, type ValueTest } from '../document/param-tests.ts';
import type { ParamTests, When } from '../document/schema.ts';
import { and, FALSE, or, TRUE, type Truth, truth, UNKNOWN } from '../value/truth.ts';
import { type Condition, condition } from './condition.ts';
import { sure } from './sure.ts';

export function paramConditions(
  params: NonNullable<When['params']>,
  permission: boolean,
): Condition[] {
  const listed: [string, ParamTests][] = Object.entries(params).filter(
    (entry): entry is [string, ParamTests] => entry[0] !== 'other',
  );
  const found = listed.map(([text, tests]) => {
    const pointer = sure(parsePointer(text));
    const test = paramTest(tests, permission);
    return condition(
      ['when', 'params', text],
      (_ev, action) => test(resolve(action.params, pointer)),
      tests as JsonObject,
    );
  });
  if (permission && params.other !== 'any') {
    const known = knownParams(listed.map(([text]) => sure(parsePointer(text))));
    found.push(
      condition(['when', 'params'], (_ev, action) => truth(onlyKnown(action.params, known)), {
        only: listed.map(([text]) => text),
      }),
    );
  }
  return found;
}

/** All that is said of one parameter; the value is undefined where it is not given. */
export function paramTest(
  tests: ParamTests,
  permission: boolean,
): (value: Json | undefined) => Truth {
  const whole: ValueTest[] = [];
  const each: ValueTest[] = [];
  for (const [name, operand] of Object.entries(tests) as [ParamTestName, never][]) {
    if (operand === undefined) continue;
    const test = PARAM_TESTS[name];
    (test.on === 'value' ? whole : each).push(test.compile(operand, permission));
  }
  const element = all(each);
  const value = all(whole);
  const { present } = tests;
  return (given) => {
    if (given === undefined) return present === undefined ? UNKNOWN : absent(present, tests);
    const said = value(given);
    if (said === FALSE || each.length === 0) return said;
    if (!Array.isArray(given)) return and(said, element(given));
    return and(said, permission ? every(given, element) : some(given, element));
  };
}

/** Not given: what is said of its presence is definite, and all else unknown. */
function absent(present: boolean, tests: ParamTests): Truth {
  if (present) return FALSE;
  return Object.keys(tests).length > 1 ? UNKNOWN : TRUE;
}

function all(tests: readonly ValueTest[]): ValueTest {
  const [only] = tests;
  if (only !== undefined && tests.length === 1) return only;
  return (value) => {
    let result: Truth = TRUE;
    for (const test of tests) {
      result = and(result, test(value));
      if (result === FALSE) return FALSE;
    }
    return result;
  };
}

function every(list: readonly Json[], test: ValueTest): Truth {
  let result: Truth = TRUE;
  for (const element of list) {
    result = and(result, test(element));
    if (result === FALSE) return FALSE;
  }
  return result;
}

function some(list: readonly Json[], test: ValueTest): Truth {
  let result: Truth = FALSE;
  for (const element of list) {
    result = or(result, test(element));
    if (result === TRUE) return TRUE;
  }
  return result;
}

/** The parameters that a rule knows, as a tree: `true` for all below. */
type Known = Map<string, Known> | true;

function knownParams(pointers: readonly Pointer[]): Known {
  const root: Map<string, Known> = new Map();
  for (const pointer of pointers) {
    let at = root;
    for (let i = 0; i < pointer.length; i++) {
      const part = pointer[i] as string;
      const next = at.get(part);
      if (next === true) break;
      if (i === pointer.length - 1) at.set(part, true);
      else if (next !== undefined) at = next;
      else {
        const made: Map<string, Known> = new Map();
        at.set(part, made);
        at = made;
      }
    }
  }
  return root;
}

function onlyKnown(value: Json | Readonly<JsonObject>, known: Known): boolean {
  if (known === true) return true;
  // Where a rule knows members, a value without any holds what the rule does not know.
  if (typeof value !== 'object' || value === null) return false;
  if (Array.isArray(value)) {
    return value.every((element, index) => {
      const below = known.get(String(index));
      return below !== undefined && onlyKnown(element, below);
    });
  }
  for (const key of Object.keys(value)) {
    const below = known.get(key);
    if (below === undefined) return false;
    if (below !== true && !onlyKnown(value[key] as Json, below)) return false;
  }
  return true;
}
