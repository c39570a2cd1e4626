/** Labels of what an action is shown that was stored before, by any session of its tenant. */
import type { Action } from '../../action/types.ts';
import { join, type Labels, NONE } from './join.ts';
import { namedBy, otherPlace, type StoredObject } from './object.ts';
import type { Seal } from './seal.ts';
import type { LabelTree } from './tree.ts';

/**
 * As it is now and was at any time since `clock`. Where the action is not known any more, after a restart, it may have read anything
 * that its place holds.
 */
export function labelsRead(
  tree: LabelTree,
  object: StoredObject,
  action: Action | undefined,
  clock: number,
  seal: Seal,
): Labels {
  const reads = object.does.has('read');
  const named = action === undefined ? [wholePlace(object)] : namedBy(object, action);
  let found = NONE;
  for (const { key, whole } of named) {
    for (const place of [key, otherPlace(key)]) {
      const at = seal(trimmed(place));
      found = join(found, reads ? tree.read(at, object.deep || !whole) : tree.names(at));
      found = join(found, tree.since(clock, at));
    }
  }
  return found;
}

const wholePlace = (object: StoredObject) => ({ key: [object.in], whole: false });

/** Of an address: `/items/` shows what is below `/items` as well. */
const trimmed = (key: readonly string[]): readonly string[] =>
  key.length > 1 && key.at(-1) === '' ? key.slice(0, -1) : key;
