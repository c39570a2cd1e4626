/** One condition of a rule, bound to what it is compared with: asked of an evaluation, it answers in three values. */
import type { JsonObject } from '@portcullis/wire';
import type { Action } from '../../action/index.ts';
import type { Evaluation } from '../../gate/guard.ts';
import type { Path } from '../document/diagnostics.ts';
import type { Truth } from '../value/truth.ts';

export interface Condition {
  /** Below the rule: `when/params//amount`. For explanations. */
  readonly path: Path;
  readonly test: Test;
  /** What it compares with, in the words of the policy language; undefined where nothing that a request can change meets it. */
  readonly wants: JsonObject | undefined;
}

export type Test = (evaluation: Evaluation, action: Action) => Truth;

export const condition = (path: Path, test: Test, wants?: JsonObject): Condition =>
  Object.freeze({ path, test, wants });
