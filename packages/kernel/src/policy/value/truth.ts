/**
 * Kleene's strong three-valued logic, ordered so that AND is the minimum and OR the maximum: what a condition says of an action
 * when a field is missing, of the wrong type, or a store does not answer.
 */
export type Truth = 0 | 1 | 2;

export const FALSE = 0;
export const UNKNOWN = 1;
export const TRUE = 2;

export const truth = (definite: boolean): Truth => (definite ? TRUE : FALSE);

export const and = (a: Truth, b: Truth): Truth => (a < b ? a : b);

export const or = (a: Truth, b: Truth): Truth => (a > b ? a : b);

export const TRUTH_NAMES = Object.freeze(['false', 'unknown', 'true'] as const);
