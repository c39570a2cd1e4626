/**
 * The macros: all, exists, exists_one, filter, map. They see at most a thousand elements and hold no other macro, so that the work
 * of an expression grows with the parameters and not with their square.
 */
import type { ASTNode } from '@marcbachmann/cel-js';
import { boolean, type Compiled, ExprError, type Names, type Run, type Scope } from './types.ts';
import { ERROR, isList, isMap, type Result, spend, type Value } from './values.ts';
import { VARIABLES } from './variables.ts';

const MOST_ELEMENTS = 1_000;

/** Folds the elements; `body` is run with the element set. */
type Fold = (
  elements: readonly Value[],
  scope: Scope,
  body: Run,
  second: Run | undefined,
) => Result;

interface Macro {
  readonly returns: 'bool' | 'list';
  readonly meaning: string;
  /** Bodies that may follow the variable. */
  readonly bodies: readonly number[];
  /** The first body is a test; else it makes the element anew. */
  readonly tests: boolean;
  readonly fold: Fold;
}

const at = (scope: Scope, element: Value, body: Run): Result => {
  if (!spend(scope, 20)) return ERROR;
  scope.element = element;
  return body(scope);
};

/** Kleene's AND or OR over the elements. */
const quantifier =
  (decides: boolean): Fold =>
  (elements, scope, body) => {
    let errs = false;
    for (const element of elements) {
      const holds = at(scope, element, body);
      if (holds === decides) return decides;
      if (holds !== !decides) errs = true;
    }
    return errs ? ERROR : !decides;
  };

export const MACROS: { readonly [name: string]: Macro } = Object.freeze({
  all: {
    returns: 'bool',
    meaning: 'xs.all(x, test): holds for every element',
    bodies: [1],
    tests: true,
    fold: quantifier(false),
  },
  exists: {
    returns: 'bool',
    meaning: 'xs.exists(x, test): holds for some element',
    bodies: [1],
    tests: true,
    fold: quantifier(true),
  },
  exists_one: {
    returns: 'bool',
    meaning: 'xs.exists_one(x, test): holds for exactly one element',
    bodies: [1],
    tests: true,
    fold: (elements, scope, body) => {
      let count = 0;
      for (const element of elements) {
        const holds = at(scope, element, body);
        if (typeof holds !== 'boolean') return ERROR;
        if (holds) count++;
      }
      return count === 1;
    },
  },
  filter: {
    returns: 'list',
    meaning: 'xs.filter(x, test): the elements that it holds for',
    bodies: [1],
    tests: true,
    fold: (elements, scope, body) => {
      const kept: Value[] = [];
      for (const element of elements) {
        const holds = at(scope, element, body);
        if (typeof holds !== 'boolean') return ERROR;
        if (holds) kept.push(element);
      }
      return kept;
    },
  },
  map: {
    returns: 'list',
    meaning: 'xs.map(x, value), xs.map(x, test, value): each element made anew',
    bodies: [1, 2],
    tests: false,
    fold: (elements, scope, body, second) => {
      const made: Value[] = [];
      for (const element of elements) {
        const first = at(scope, element, body);
        if (first === ERROR) return ERROR;
        if (second === undefined) {
          made.push(first);
          continue;
        }
        if (typeof first !== 'boolean') return ERROR;
        if (!first) continue;
        const value = second(scope);
        if (value === ERROR) return ERROR;
        made.push(value);
      }
      return made;
    },
  },
});

export function compileMacro(
  name: string,
  receiver: ASTNode,
  args: readonly ASTNode[],
  node: ASTNode,
  names: Names,
): Compiled {
  const macro = MACROS[name] as Macro;
  if (names.element !== undefined) {
    throw new ExprError('expr_cost', 'macros do not nest', node.start);
  }
  const [variable, ...bodies] = args;
  if (variable?.op !== 'id' || !macro.bodies.includes(bodies.length)) {
    throw new ExprError('bad_expr', `expected ${macro.meaning}`, node.start);
  }
  if (Object.hasOwn(VARIABLES, variable.args)) {
    throw new ExprError(
      'bad_expr',
      `${variable.args} is taken: name the element otherwise`,
      variable.start,
    );
  }
  const range = names.compile(receiver, names);
  if (!['list', 'map', 'json'].includes(range.type)) {
    throw new ExprError('expr_type', `${range.type} has no elements`, node.start);
  }
  const compiled = bodies.map((body) => names.compile(body, { ...names, element: variable.args }));
  if (macro.tests || bodies.length === 2) boolean(compiled[0] as Compiled, bodies[0] as ASTNode);
  const [body, second] = compiled.map((part) => part.run) as [Run, Run?];
  const bodyCost = compiled.reduce((sum, part) => sum + part.cost, 0);
  return {
    type: macro.returns,
    run: (scope) => {
      const elements = elementsOf(range.run(scope), scope);
      return elements === ERROR ? ERROR : macro.fold(elements, scope, body, second);
    },
    cost: range.cost + 0.1 + bodyCost * MOST_ELEMENTS,
    large: macro.returns === 'list' && range.large,
  };
}

/** Of a map, its keys. */
function elementsOf(range: Result, scope: Scope): readonly Value[] | typeof ERROR {
  if (range === ERROR) return ERROR;
  const elements = isList(range) ? range : isMap(range) ? Object.keys(range) : undefined;
  if (elements === undefined || elements.length > MOST_ELEMENTS) return ERROR;
  return spend(scope, elements.length) ? elements : ERROR;
}
