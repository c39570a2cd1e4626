/** The parts of an expression that make one value of others: logic, choice, lists, operators. */
import type { ASTNode } from '@marcbachmann/cel-js';
import { int64 } from './functions.ts';
import { OPERATORS, operatorType } from './operators.ts';
import { boolean, type Compiled, ExprError, type Names, small } from './types.ts';
import { ERROR, type Result, type Value } from './values.ts';

/** Kleene: the side that decides decides, whatever the other errs with. */
export function logic(node: Extract<ASTNode, { op: '&&' | '||' }>, names: Names): Compiled {
  const [left, right] = node.args.map((part) => boolean(names.compile(part, names), part)) as [
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

export function negation(node: Extract<ASTNode, { op: '!_' }>, names: Names): Compiled {
  const operand = boolean(names.compile(node.args, names), node.args);
  return small(
    'bool',
    (scope) => {
      const value = operand.run(scope);
      return typeof value === 'boolean' ? !value : ERROR;
    },
    [operand],
  );
}

export function minus(node: Extract<ASTNode, { op: '-_' }>, names: Names): Compiled {
  const operand = names.compile(node.args, names);
  if (operand.type !== 'int' && operand.type !== 'double' && operand.type !== 'json') {
    throw new ExprError('expr_type', `${operand.type} has no negative`, node.start);
  }
  const negative = (value: Result): Result =>
    typeof value === 'number' ? -value : typeof value === 'bigint' ? int64(-value) : ERROR;
  const compiled = small(operand.type, (scope) => negative(operand.run(scope)), [operand]);
  const literal = operand.literal === undefined ? ERROR : negative(operand.literal);
  return literal === ERROR ? compiled : { ...compiled, literal };
}

export function ternary(node: Extract<ASTNode, { op: '?:' }>, names: Names): Compiled {
  const [condition, yes, no] = node.args.map((part) => names.compile(part, names)) as [
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

export function list(nodes: readonly ASTNode[], names: Names): Compiled {
  const parts = nodes.map((part) => names.compile(part, names));
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

export function binary(node: ASTNode, names: Names): Compiled {
  const { op } = node;
  const operator = OPERATORS[op];
  if (operator === undefined || !Array.isArray(node.args)) {
    throw new ExprError('bad_expr', `${op} is not part of the language`, node.start);
  }
  const [left, right] = (node.args as [ASTNode, ASTNode]).map((part) =>
    names.compile(part, names),
  ) as [Compiled, Compiled];
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
