/**
 * Which stored things an action reads and changes, as its label says: a place, and the arguments that name a thing in it. Where a
 * name is missing, everything that it could have named is meant.
 */
import type { Json } from '@portcullis/wire';
import type { Action } from '../../action/types.ts';
import { at, RESOURCE } from '../leaves.ts';

type Does = 'read' | 'list' | 'write' | 'append' | 'move' | 'delete';

export interface StoredObject {
  readonly does: ReadonlySet<Does>;
  /** Something stays as it leaves it. */
  readonly changes: boolean;
  /** It shows what is there. */
  readonly shows: boolean;
  readonly in: string;
  /** Steps to each argument that names it, from the outside in; none: the place is the thing. */
  readonly key: readonly (readonly string[])[];
  /** Names are paths: a/b lies in a. */
  readonly path: boolean;
  readonly to: readonly string[] | undefined;
  /** Steps to what is kept; undefined: every argument. */
  readonly content: readonly (readonly string[])[] | undefined;
  /** What is below a name is shown with it. */
  readonly deep: boolean;
}

export interface Named {
  /** The place, then names. */
  readonly key: readonly string[];
  /** False: a name is missing, and anything at or below may be meant. */
  readonly whole: boolean;
}

/** Things that one action names; of more, none is told apart. */
const MOST = 64;

export function namedBy(object: StoredObject, action: Action): readonly Named[] {
  const place = placeOf(object, action);
  let found: Named[] = [{ key: [place], whole: true }];
  for (const steps of object.key) {
    const values = valuesAt(action, steps);
    if (values.length === 0 || values.length * found.length > MOST)
      return [{ key: commonOf(found, place), whole: false }];
    found = found.flatMap(({ key }) =>
      values.map((value) => ({ key: [...key, ...namesOf(object, value)], whole: true })),
    );
  }
  return found;
}

/** Where a move leads; undefined where it does not say. */
export function movedTo(object: StoredObject, action: Action): readonly string[] | undefined {
  const [value, more] = object.to === undefined ? [] : valuesAt(action, object.to);
  if (value === undefined || more !== undefined) return undefined;
  return [placeOf(object, action), ...namesOf(object, value)];
}

/** The texts by which it names things: whoever chose them chose the names. */
export function* nameTexts({ key, to }: StoredObject, action: Action): Generator<string> {
  for (const steps of key) yield* valuesAt(action, steps);
  if (to !== undefined) yield* valuesAt(action, to);
}

/** What is kept. */
export function* contentOf(
  { content }: Pick<StoredObject, 'content'>,
  action: Action,
): Generator<string> {
  for (const steps of content ?? [[]])
    for (const [, value] of at(action.params as Json, steps)) yield value;
}

export const fileKey = (path: string): readonly string[] => ['fs', ...partsOf(path)];

/** The host's files are its own: what lies there may be none of ours of the same name. */
const placeOf = (object: StoredObject, { hostPath }: Action): string =>
  hostPath ? `${object.in}@host` : object.in;

/** Where else the same name may lead. */
export const otherPlace = (key: readonly string[]): readonly string[] => {
  const [place = '', ...names] = key;
  return [place.endsWith('@host') ? place.slice(0, -5) : `${place}@host`, ...names];
};

function valuesAt(action: Action, steps: readonly string[]): string[] {
  if (steps === RESOURCE) return action.resource.value === '' ? [] : [action.resource.value];
  const values = new Set<string>();
  for (const [, value] of at(action.params as Json, steps)) {
    values.add(value);
    if (values.size > MOST) break;
  }
  return [...values];
}

function namesOf({ path }: StoredObject, value: string): string[] {
  if (!path) return [value];
  if (/^https?:\/\//.test(value)) return value.split('/');
  return partsOf(value);
}

function partsOf(path: string): string[] {
  const names: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') names.pop();
    else if (part !== '' && part !== '.') names.push(part);
  }
  return names;
}

const commonOf = (found: readonly Named[], place: string): readonly string[] =>
  found.length === 1 ? (found[0]?.key ?? [place]) : [place];
