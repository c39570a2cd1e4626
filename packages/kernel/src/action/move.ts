/**
 * A move has two names, where from and where to, and a rule on one of them alone would let a file be carried anywhere: of a move both are judged.
 * What permits has to fit both, what refuses one of them.
 */
import type { Action } from './types.ts';

export const MOVE = 'fs.move';

type Matches = (text: string) => boolean;

/** A move without a place to go to fits nothing that permits, and all that refuses. */
export function fitsEnds(
  { name, resource, params }: Pick<Action, 'name' | 'resource' | 'params'>,
  matches: Matches,
  permission: boolean,
): boolean {
  const fits = matches(resource.value);
  if (name !== MOVE || fits !== permission) return fits;
  const { to } = params;
  return typeof to === 'string' ? matches(to) : !permission;
}
