/**
 * Expressions, in CEL (cel.dev), compiled to closures. The library parses; meaning is ours, for it decides: three-valued, strict
 * about types, own properties only, paid for step by step. What cannot succeed, or could cost too much, is refused at load.
 */
import { type ASTNode, Environment, ParseError } from '@marcbachmann/cel-js';
import { compileCall, compileMethod } from './calls.ts';
import { OPERATORS, operatorType } from './operators.ts';
import {
  boolean,
  type Compiled,
  ExprError,
  type Names,
  type Scope,
  type Subject,
  type Type,
  unknownName,
} from './types.ts';
import { ERROR, isList, isMap, type Result, type Value } from './values.ts';
import { VARIABLES, type Variable } from './variables.ts';

/** Passes over the parameters that an expression may need at worst. */
const MOST_PASSES = 8;
/** About four milliseconds: beyond, an expression errs. Texts of a mebibyte fit once, common ones a thousand times. */
const FUEL = 4_000_000;

const parser = new Environment({
  unlistedVariablesAreDyn: true,
  homogeneousAggregateLiterals: false,
  limits: {
    maxAstNodes: 512,
    maxDepth: 32,
    maxListElements: 256,
    maxMapEntries: 64,
    maxCallArguments: 8,
  },
});

export interface Expression {
  readonly source: string;
  /** true, false, or undefined where it errs or comes to no boolean. */
  evaluate(subject: Subject): boolean | undefined;
}

/** Throws ExprError. */
export function compileExpression(source: string): Expression {
  let ast: ASTNode;
  try {
    ast = parser.parse(source).ast;
  } catch (error) {
    if (!(error instanceof ParseError)) throw new ExprError('bad_expr', 'cannot be parsed', 0);
    throw new ExprError('bad_expr', error.summary ?? error.message, error.range?.start ?? 0);
  }
  const compiled = compile(ast, { element: undefined, compile });
  if (compiled.type !== 'bool' && compiled.type !== 'json') {
    throw new ExprError('expr_type', `comes to ${compiled.type}, not to a boolean`, 0);
  }
  if (compiled.cost > MOST_PASSES) {
    throw new ExprError(
      'expr_cost',
      `could go over the parameters ${Math.ceil(compiled.cost)} times; at most ${MOST_PASSES}`,
      0,
    );
  }
  const { run } = compiled;
  return Object.freeze({
    source,
    evaluate(subject: Subject): boolean | undefined {
      const scope: Scope = { subject, element: null, left: FUEL };
      const result = run(scope);
      return typeof result === 'boolean' ? result : undefined;
    },
  });
}

const small = (type: Type, run: Compiled['run'], parts: readonly Compiled[]): Compiled => ({
  type,
  run,
  cost: parts.reduce((sum, part) => sum + part.cost, 0),
  large: false,
});

function compile(node: ASTNode, names: Names): Compiled {
  switch (node.op) {
    case 'value':
      return literal(node.args as unknown, node);
    case 'id':
      return identifier(node.args, node, names);
    case '.':
      return select(node, names);
    case '[]':
      return index(node, names);
    case '&&':
    case '||':
      return logic(node, names);
    case '!_':
      return negation(node, names);
    case '-_':
      return minus(node, names);
    case '?:':
      return ternary(node, names);
    case 'list':
      return list(node.args, names);
    case 'map':
      throw new ExprError('bad_expr', 'map literals are not part of the language', node.start);
    case 'call':
      return node.args[0] === 'has' ? has(node, names) : compileCall(node, names);
    case 'rcall':
      return compileMethod(node, names);
    case '.?':
    case '[?]':
      throw new ExprError(
        'bad_expr',
        'optionals are not part of the language: use has()',
        node.start,
      );
    default:
      return binary(node, names);
  }
}

function literal(value: unknown, node: ASTNode): Compiled {
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

function identifier(name: string, node: ASTNode, names: Names): Compiled {
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

function select(node: Extract<ASTNode, { op: '.' }>, names: Names): Compiled {
  const field = structField(node, names);
  if (field !== undefined) return read(field);
  const [from, name] = node.args;
  const base = compile(from, names);
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
function has(call: Extract<ASTNode, { op: 'call' }>, names: Names): Compiled {
  const [node] = call.args[1];
  if (call.args[1].length !== 1 || node?.op !== '.') {
    throw new ExprError('bad_expr', 'has() takes a field: has(params.note)', call.start);
  }
  const field = structField(node, names);
  if (field !== undefined) {
    return small('bool', ({ subject }) => field.read(subject) !== ERROR, []);
  }
  const [from, name] = node.args;
  const base = compile(from, names);
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

function index(node: Extract<ASTNode, { op: '[]' }>, names: Names): Compiled {
  const [base, at] = node.args.map((part) => compile(part, names)) as [Compiled, Compiled];
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

/** Kleene: the side that decides decides, whatever the other errs with. */
function logic(node: Extract<ASTNode, { op: '&&' | '||' }>, names: Names): Compiled {
  const [left, right] = node.args.map((part) => boolean(compile(part, names), part)) as [
    Compiled,
    Compiled,
  ];
  const decides = node.op === '||';
  return small(
    'bool',
    (scope) => {
      const a = left.run(scope);
      if (a === decides) return decides;
      const b = right.run(scope);
      if (b === decides) return decides;
      return a === !decides && b === !decides ? !decides : ERROR;
    },
    [left, right],
  );
}

function negation(node: Extract<ASTNode, { op: '!_' }>, names: Names): Compiled {
  const operand = boolean(compile(node.args, names), node.args);
  return small(
    'bool',
    (scope) => {
      const value = operand.run(scope);
      return typeof value === 'boolean' ? !value : ERROR;
    },
    [operand],
  );
}

function minus(node: Extract<ASTNode, { op: '-_' }>, names: Names): Compiled {
  const operand = compile(node.args, names);
  if (operand.type !== 'int' && operand.type !== 'double' && operand.type !== 'json') {
    throw new ExprError('expr_type', `${operand.type} has no negative`, node.start);
  }
  const negative = (value: Result): Result =>
    typeof value === 'number' || typeof value === 'bigint' ? -value : ERROR;
  const compiled = small(operand.type, (scope) => negative(operand.run(scope)), [operand]);
  if (operand.literal === undefined) return compiled;
  return { ...compiled, literal: negative(operand.literal) as Value };
}

function ternary(node: Extract<ASTNode, { op: '?:' }>, names: Names): Compiled {
  const [condition, yes, no] = node.args.map((part) => compile(part, names)) as [
    Compiled,
    Compiled,
    Compiled,
  ];
  boolean(condition, node.args[0]);
  return {
    ...small(
      yes.type === no.type ? yes.type : 'json',
      (scope) => {
        const decided = condition.run(scope);
        return decided === true ? yes.run(scope) : decided === false ? no.run(scope) : ERROR;
      },
      [condition, yes, no],
    ),
    large: yes.large || no.large,
  };
}

function list(nodes: readonly ASTNode[], names: Names): Compiled {
  const parts = nodes.map((part) => compile(part, names));
  if (parts.every((part) => part.literal !== undefined)) {
    const values = parts.map((part) => part.literal as Value);
    return { ...small('list', () => values, []), literal: values };
  }
  return {
    ...small(
      'list',
      (scope) => {
        const values: Value[] = [];
        for (const part of parts) {
          const value = part.run(scope);
          if (value === ERROR) return ERROR;
          values.push(value);
        }
        return values;
      },
      parts,
    ),
    large: parts.some((part) => part.large),
  };
}

function binary(node: ASTNode, names: Names): Compiled {
  const { op } = node;
  const operator = OPERATORS[op];
  if (operator === undefined || !Array.isArray(node.args)) {
    throw new ExprError('bad_expr', `${op} is not part of the language`, node.start);
  }
  const [left, right] = (node.args as [ASTNode, ASTNode]).map((part) => compile(part, names)) as [
    Compiled,
    Compiled,
  ];
  const type = operatorType(op, left.type, right.type);
  if (type === undefined) {
    const doubles =
      [left.type, right.type].includes('json') && [left.type, right.type].includes('int');
    const hint = doubles ? '; numbers in parameters are doubles: write 2.0, or double(…)' : '';
    throw new ExprError(
      'expr_type',
      `${left.type} ${op} ${right.type} is never defined${hint}`,
      node.start,
    );
  }
  const { run: a } = left;
  const { run: b } = right;
  const compiled = small(type, (scope) => operator(a(scope), b(scope), scope), [left, right]);
  // Two parts of the request against each other, or a whole list of it, or a text made longer.
  const passes =
    op === 'in' ? right.large : op === '+' ? left.large || right.large : left.large && right.large;
  return { ...compiled, cost: compiled.cost + (passes ? 1 : 0), large: op === '+' && passes };
}
