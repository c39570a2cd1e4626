/** What is known of an expression before it runs, the form that it is compiled to, and how a mistake in it is said. */
import type { ASTNode } from '@marcbachmann/cel-js';
import { suggest } from '../document/suggest.ts';
import type { Fuel, Result, Value } from './values.ts';

/** `json` is what only the request decides. */
export type Type =
  | 'bool'
  | 'int'
  | 'double'
  | 'string'
  | 'null'
  | 'list'
  | 'map'
  | 'timestamp'
  | 'duration'
  | 'json'
  | 'struct';

/** One evaluation: what it may spend, what it is about, and the element that a macro is at. */
export interface Scope extends Fuel {
  readonly subject: Subject;
  element: Value;
}

/** What an expression can name. */
export interface Subject {
  readonly now: number;
  readonly principal: {
    readonly id: string;
    readonly kind: string;
    readonly roles: readonly string[];
    readonly attributes: { readonly [key: string]: Value };
  };
  readonly onBehalfOf: string | undefined;
  readonly action: string;
  readonly resource: { readonly kind: string; readonly value: string };
  readonly params: { readonly [key: string]: Value };
  readonly session:
    | {
        readonly opened: number;
        readonly actions: number;
        readonly denied: number;
        readonly quarantine: string;
        readonly label: string | undefined;
      }
    | undefined;
  readonly environment: { readonly [key: string]: string | number | undefined };
}

export type Run = (scope: Scope) => Result;

export interface Compiled {
  readonly type: Type;
  readonly run: Run;
  /** How often it goes over the whole of the parameters at worst. */
  readonly cost: number;
  /** Its value is a part of the request, as large as the request may be. */
  readonly large: boolean;
  readonly literal?: Value;
}

/** What the compiler knows around an expression. */
export interface Names {
  /** The variable of the macro around it. */
  readonly element: string | undefined;
  readonly compile: (node: ASTNode, names: Names) => Compiled;
}

/** A mistake in an expression, with its offset in the text. */
export class ExprError extends Error {
  readonly code: string;
  readonly offset: number;
  constructor(code: string, message: string, offset: number) {
    super(message);
    this.code = code;
    this.offset = offset;
  }
}

export function boolean(compiled: Compiled, node: ASTNode): Compiled {
  if (compiled.type === 'bool' || compiled.type === 'json') return compiled;
  throw new ExprError('expr_type', `expected a boolean, not ${compiled.type}`, node.start);
}

export function unknownName(
  what: string,
  name: string,
  known: readonly string[],
  node: ASTNode,
): ExprError {
  const meant = suggest(name, known);
  const hint = meant === undefined ? '.' : `; did you mean ${meant}?`;
  const message = `no ${what} ${name}${hint} Known: ${known.join(', ')}`;
  return new ExprError('bad_expr', message, node.start);
}

/** Made of these parts: it costs what they cost together, and its value is no large part of the request. */
export const small = (type: Type, run: Compiled['run'], parts: readonly Compiled[]): Compiled => ({
  type,
  run,
  cost: parts.reduce((sum, part) => sum + part.cost, 0),
  large: false,
});
