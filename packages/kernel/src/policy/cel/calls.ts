/** Calls in expressions: the functions of the table, `matches` with its pattern compiled at load, and the macros over lists. */
import type { ASTNode } from '@marcbachmann/cel-js';
import { compilePattern } from '../pattern/pattern.ts';
import { type Callable, FUNCTIONS, METHODS } from './functions.ts';
import { compileMacro, MACROS } from './macros.ts';
import { type Compiled, ExprError, type Names, unknownName } from './types.ts';
import { ERROR, spend, type Value } from './values.ts';

export function compileCall(node: Extract<ASTNode, { op: 'call' }>, names: Names): Compiled {
  const [name, args] = node.args;
  const called = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;
  if (called === undefined)
    throw unknownName('function', name, ['has', ...Object.keys(FUNCTIONS)], node);
  return call(name, called, args, node, names);
}

export function compileMethod(node: Extract<ASTNode, { op: 'rcall' }>, names: Names): Compiled {
  const [name, receiver, args] = node.args;
  if (Object.hasOwn(MACROS, name)) return compileMacro(name, receiver, args, node, names);
  if (name === 'matches') return matches(receiver, args, node, names);
  const called = Object.hasOwn(METHODS, name) ? METHODS[name] : undefined;
  if (called === undefined) {
    const known = [...Object.keys(METHODS), 'matches', ...Object.keys(MACROS)];
    throw unknownName('method', name, known, node);
  }
  return call(name, called, [receiver, ...args], node, names);
}

function call(
  name: string,
  called: Callable,
  nodes: readonly ASTNode[],
  node: ASTNode,
  names: Names,
): Compiled {
  const { takes, optional = 0 } = called;
  if (nodes.length > takes.length || nodes.length < takes.length - optional) {
    throw new ExprError(
      'bad_expr',
      `${name} takes ${takes.length} arguments, the receiver counted`,
      node.start,
    );
  }
  const parts = nodes.map((part) => names.compile(part, names));
  parts.forEach((part, i) => {
    const allowed = takes[i] ?? [];
    if (part.type !== 'json' && !allowed.includes(part.type)) {
      throw new ExprError(
        'expr_type',
        `${name} takes ${allowed.join(' or ')}, not ${part.type}`,
        node.start,
      );
    }
  });
  const last = parts.at(-1);
  if (called.written !== undefined && parts.length === takes.length) {
    if (typeof last?.literal !== 'string') {
      throw new ExprError('bad_expr', `the argument of ${name} is written as a text`, node.start);
    }
    const wrong = called.written(last.literal);
    if (wrong !== undefined) throw new ExprError('bad_expr', wrong, node.start);
  }
  if (parts.every((part) => part.literal !== undefined)) return folded(name, called, parts, node);
  const [first, second] = parts as [Compiled, Compiled?];
  const passes = called.linear === true && first.large ? 1 : 0;
  return {
    type: called.returns,
    run: (scope) => {
      const a = first.run(scope);
      if (a === ERROR) return ERROR;
      if (second === undefined) return called.call(scope, a);
      const b = second.run(scope);
      return b === ERROR ? ERROR : called.call(scope, a, b);
    },
    cost: parts.reduce((sum, part) => sum + part.cost, passes),
    large: called.large === true && first.large,
  };
}

/** What is written out is worked out at load, and a mistake in it found there. */
function folded(
  name: string,
  called: Callable,
  parts: readonly Compiled[],
  node: ASTNode,
): Compiled {
  const value = called.call({ left: 100_000 }, ...parts.map((part) => part.literal as Value));
  if (value === ERROR) throw new ExprError('bad_expr', `${name} cannot take this`, node.start);
  return {
    type: called.returns,
    run: () => value,
    cost: 0,
    large: false,
    literal: value,
  };
}

function matches(
  receiver: ASTNode,
  args: readonly ASTNode[],
  node: ASTNode,
  names: Names,
): Compiled {
  const text = names.compile(receiver, names);
  if (text.type !== 'string' && text.type !== 'json') {
    throw new ExprError('expr_type', `matches is of a string, not of ${text.type}`, node.start);
  }
  const written = args.length === 1 ? names.compile(args[0] as ASTNode, names).literal : undefined;
  if (typeof written !== 'string') {
    throw new ExprError('bad_expr', 'the pattern of matches is written as a text', node.start);
  }
  const pattern = compilePattern(written);
  if ('wrong' in pattern) throw new ExprError('bad_pattern', pattern.wrong, node.start);
  const units = Number.isFinite(pattern.longest) ? Math.ceil(4_000_000 / (pattern.longest + 1)) : 3;
  return {
    type: 'bool',
    run: (scope) => {
      const value = text.run(scope);
      if (typeof value !== 'string' || !spend(scope, value.length * units + 50)) return ERROR;
      return pattern.test(value) ?? ERROR;
    },
    cost: text.cost + (text.large ? 1 : 0),
    large: false,
  };
}
