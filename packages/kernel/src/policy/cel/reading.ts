/** The parts of an expression that read something: a value written out, a variable, a field, an element. */
import type { ASTNode } from '@marcbachmann/cel-js';
import { type Compiled, ExprError, type Names, small, type Type, unknownName } from './types.ts';
import { ERROR, isList, isMap, type Result, type Value } from './values.ts';
import { VARIABLES, type Variable } from './variables.ts';

export function literal(value: unknown, node: ASTNode): Compiled {
  const type = literalType(value);
  if (type === undefined) {
    throw new ExprError(
      'bad_expr',
      'bytes and unsigned integers are not part of the language',
      node.start,
    );
  }
  return { ...small(type, () => value as Value, []), literal: value as Value };
}

function literalType(value: unknown): Type | undefined {
  if (value === null) return 'null';
  const types: { readonly [name: string]: Type } = {
    string: 'string',
    boolean: 'bool',
    number: 'double',
    bigint: 'int',
  };
  return types[typeof value];
}

export function identifier(name: string, node: ASTNode, names: Names): Compiled {
  if (name === names.element) {
    return { type: 'json', run: (scope) => scope.element, cost: 0, large: false };
  }
  const variable = Object.hasOwn(VARIABLES, name) ? VARIABLES[name] : undefined;
  if (variable === undefined) throw unknownName('variable', name, Object.keys(VARIABLES), node);
  if (variable.type === 'struct') {
    const fields = Object.keys(variable.fields ?? {}).join(', ');
    throw new ExprError(
      'bad_expr',
      `${name} is not a value: name one of its fields: ${fields}`,
      node.start,
    );
  }
  return read(variable);
}

const read = (variable: Variable): Compiled => ({
  ...small(variable.type, ({ subject }) => variable.read(subject), []),
  large: variable.large === true,
});

/** A field of one of the structs that are not values: `principal.id`. */
function structField(node: Extract<ASTNode, { op: '.' }>, names: Names): Variable | undefined {
  const [from, name] = node.args;
  if (from.op !== 'id' || from.args === names.element) return undefined;
  const { fields } = (Object.hasOwn(VARIABLES, from.args) && VARIABLES[from.args]) || {};
  if (fields === undefined) return undefined;
  const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
  if (field === undefined)
    throw unknownName(`field ${from.args}.`, name, Object.keys(fields), node);
  return field;
}

export function select(node: Extract<ASTNode, { op: '.' }>, names: Names): Compiled {
  const field = structField(node, names);
  if (field !== undefined) return read(field);
  const [from, name] = node.args;
  const base = names.compile(from, names);
  if (base.type !== 'map' && base.type !== 'json') {
    throw new ExprError('expr_type', `${base.type} has no field ${name}`, node.start);
  }
  return {
    ...base,
    type: 'json',
    run: (scope) => {
      const map = base.run(scope);
      return map !== ERROR && isMap(map) && Object.hasOwn(map, name) ? (map[name] as Value) : ERROR;
    },
  };
}

/** `has(a.b)`: false where the last step is missing, an error where one before it is. */
export function has(call: Extract<ASTNode, { op: 'call' }>, names: Names): Compiled {
  const [node] = call.args[1];
  if (call.args[1].length !== 1 || node?.op !== '.') {
    throw new ExprError('bad_expr', 'has() takes a field: has(params.note)', call.start);
  }
  const field = structField(node, names);
  if (field !== undefined) {
    return small('bool', ({ subject }) => field.read(subject) !== ERROR, []);
  }
  const [from, name] = node.args;
  const base = names.compile(from, names);
  if (base.type !== 'map' && base.type !== 'json') {
    throw new ExprError('expr_type', `${base.type} has no fields`, node.start);
  }
  return small(
    'bool',
    (scope) => {
      const map = base.run(scope);
      return map !== ERROR && isMap(map) ? Object.hasOwn(map, name) : ERROR;
    },
    [base],
  );
}

export function index(node: Extract<ASTNode, { op: '[]' }>, names: Names): Compiled {
  const [base, at] = node.args.map((part) => names.compile(part, names)) as [Compiled, Compiled];
  if (
    !['map', 'list', 'json'].includes(base.type) ||
    !['string', 'int', 'json'].includes(at.type)
  ) {
    throw new ExprError('expr_type', `${base.type} has no element by ${at.type}`, node.start);
  }
  return {
    ...small('json', (scope) => element(base.run(scope), at.run(scope)), [base, at]),
    large: base.large,
  };
}

function element(from: Result, key: Result): Result {
  if (from === ERROR || key === ERROR) return ERROR;
  if (isList(from)) {
    const at = typeof key === 'bigint' ? Number(key) : key;
    return typeof at === 'number' && Number.isInteger(at) && at >= 0 && at < from.length
      ? (from[at] as Value)
      : ERROR;
  }
  if (!isMap(from) || typeof key !== 'string') return ERROR;
  return Object.hasOwn(from, key) ? (from[key] as Value) : ERROR;
}
