/** The language as data, for documentation that cannot drift: made of the tables that the compiler itself works by. */
import { FUNCTIONS, METHODS } from './cel/functions.ts';
import { MACROS } from './cel/macros.ts';
import { VARIABLES } from './cel/variables.ts';
import { PARAM_TESTS } from './document/param-tests.ts';
import { CHANGES, EFFECTS, RATE_PARTS } from './document/schema.ts';

interface PolicyReference {
  readonly effects: readonly string[];
  /** What can be said of a parameter. */
  readonly param_tests: readonly {
    readonly name: string;
    readonly takes: string;
    readonly meaning: string;
    readonly on: string;
  }[];
  /** What `set` can do. */
  readonly changes: readonly { readonly name: string; readonly meaning: string }[];
  readonly rate_by: readonly string[];
  /** What expressions know. */
  readonly variables: readonly {
    readonly name: string;
    readonly type: string;
    readonly meaning: string;
  }[];
  readonly functions: readonly { readonly name: string; readonly meaning: string }[];
  readonly methods: readonly { readonly name: string; readonly meaning: string }[];
}

const meanings = (table: { readonly [name: string]: { readonly meaning: string } }) =>
  Object.entries(table).map(([name, { meaning }]) => ({ name, meaning }));

export function policyReference(): PolicyReference {
  return {
    effects: EFFECTS,
    param_tests: Object.entries(PARAM_TESTS).map(([name, { takes, meaning, on }]) => ({
      name,
      takes,
      meaning,
      on,
    })),
    changes: Object.entries(CHANGES).map(([name, meaning]) => ({ name, meaning })),
    rate_by: [...RATE_PARTS, 'a JSON Pointer to a parameter'],
    variables: Object.entries(VARIABLES).flatMap(([name, variable]) =>
      variable.fields === undefined
        ? [{ name, type: variable.type, meaning: variable.meaning }]
        : Object.entries(variable.fields).map(([field, { type, meaning }]) => ({
            name: `${name}.${field}`,
            type,
            meaning,
          })),
    ),
    functions: [
      { name: 'has', meaning: 'has(a.b): whether the field is there' },
      ...meanings(FUNCTIONS),
    ],
    methods: [
      ...meanings(METHODS),
      { name: 'matches', meaning: 'an RE2 pattern, written out, is found in it' },
      ...meanings(MACROS),
    ],
  };
}
