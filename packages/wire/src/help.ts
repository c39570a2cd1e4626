/** What would help after a refusal: for models and programs, which act on members and not on sentences. */
import type { Json, JsonObject } from './json.ts';

/**
 * `never`: asking again in the same way does not help. `after`: the same request, later. `after_approval`: the same, once people have said yes.
 * `change_arguments`: another request, changed as `arguments` says. `get_grant`: the same, with a grant. `new_session`: the same, in a new one.
 */
export type HelpKind =
  | 'never'
  | 'after'
  | 'after_approval'
  | 'change_arguments'
  | 'get_grant'
  | 'new_session';

/** What one argument has to be. */
export interface ArgumentHelp {
  /** JSON Pointer into the request: `/params/amount`, `/resource`, `/justification`, `/session`. `/params` is all parameters together. */
  readonly argument: string;
  /**
   * Tests of the policy language, all of which the new value has to meet: `{max: 100}`. Left out where the caller may not know the policy, or where
   * nobody can say: then `reason` says what is wrong.
   */
  readonly permitted?: readonly JsonObject[];
  /** What a value may not be although it passes those: each entry rules out the values that pass all its tests. */
  readonly unless?: readonly JsonObject[];
  /** Some values that pass all this are still refused: only the example is certain. */
  readonly partial?: true;
  /** A value that was tried against the whole policy. */
  readonly example?: Json;
}

export interface Help {
  /** As the decision's. */
  readonly code: string;
  readonly retry: HelpKind;
  /** With `after`. It has no time if somebody must act first, or if nobody can say. */
  readonly after?: {
    readonly seconds?: number;
    /** RFC 3339. */
    readonly at?: string;
    /** Who must act first. */
    readonly by?: 'administrator' | 'operator';
  };
  /** With `after_approval`: the held action to resume. Absent from a pure check, which holds nothing. */
  readonly approval?: string;
  /** With `change_arguments`, and with `get_grant` if a grant alone is not enough. All of them must be changed. */
  readonly arguments?: readonly ArgumentHelp[];
  /** With `get_grant`: what to ask for. */
  readonly capability?: string;
}
