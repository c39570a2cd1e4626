/**
 * Expressions, in CEL (cel.dev), compiled to closures. The library parses; meaning is ours, for it decides: three-valued, strict
 * about types, own properties only, paid for step by step. What cannot succeed, or could cost too much, is refused at load.
 */
import { type ASTNode, Environment, ParseError } from '@marcbachmann/cel-js';
import { compileCall, compileMethod } from './calls.ts';
import { binary, list, logic, minus, negation, ternary } from './combining.ts';
import { has, identifier, index, literal, select } from './reading.ts';
import { type Compiled, ExprError, type Names, type Scope, type Subject } from './types.ts';

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
