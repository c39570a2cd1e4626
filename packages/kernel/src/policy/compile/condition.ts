/** One condition of a rule, bound to what it is compared with: asked of an evaluation, it answers in three values. */
import type { Action } from '../../action/index.ts';
import type { Evaluation } from '../../gate/guard.ts';
import type { Path } from '../document/diagnostics.ts';
import type { Truth } from '../value/truth.ts';

export interface Condition {
  /** Below the rule: `when/params//amount`. For explanations. */
  readonly path: Path;
  readonly test: Test;
}

export type Test = (evaluation: Evaluation, action: Action) => Truth;

export const condition = (path: Path, test: Test): Condition => Object.freeze({ path, test });
