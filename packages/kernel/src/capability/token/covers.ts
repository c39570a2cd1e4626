/** Whether caveats permit an action: what the gate would run against what the token allows. Caveats only ever take away. */

import type { Json, JsonObject } from '@portcullis/wire';
import { jcs } from '../../action/json/jcs.ts';
import { type Pointer, parsePointer, resolve } from '../../action/json/pointer.ts';
import { fitsEnds } from '../../action/move.ts';
import type { Action } from '../../action/types.ts';
import { publicKeyFromRaw } from '../../crypto/ed25519.ts';
import { compileResource } from '../../policy/glob/resource.ts';
import type { Caveats, ParamCaveat } from './types.ts';
import { within } from './within.ts';

interface Use {
  readonly action: Pick<Action, 'name' | 'resource' | 'params'>;
  readonly session: string | undefined;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** Which caveat does not hold, by name; undefined where all do. Uses and proof are for who counts and verifies. */
export type CaveatTest = (use: Use) => string | undefined;

type Test = (value: Json) => boolean;

const HOLDS: CaveatTest = () => undefined;

export function compileCaveats(caveats: Caveats): CaveatTest {
  if (Object.keys(caveats).length === 0) return HOLDS;
  const tests: CaveatTest[] = [];
  const { expires, keys, params, resources, session } = caveats;
  if (expires !== undefined) tests.push(({ now }) => (now <= expires ? undefined : 'expires'));
  if (session !== undefined) tests.push((use) => (use.session === session ? undefined : 'session'));
  if (resources !== undefined) {
    const matches = compileResource({ patterns: resources, ignoreCase: false, strict: true });
    tests.push(({ action }) => (fitsEnds(action, matches, true) ? undefined : 'resources'));
  }
  if (keys !== undefined) {
    const known = new Set(keys);
    tests.push(({ action }) =>
      Object.keys(action.params).every((key) => known.has(key)) ? undefined : 'keys',
    );
  }
  for (const [pointer, caveat] of Object.entries(params ?? {})) {
    const at = parsePointer(pointer) as Pointer;
    const holds = paramTest(caveat);
    tests.push(({ action }) =>
      holds(resolve(action.params as JsonObject, at)) ? undefined : `params${pointer}`,
    );
  }
  return (use) => {
    for (const test of tests) {
      const wrong = test(use);
      if (wrong !== undefined) return wrong;
    }
    return undefined;
  };
}

/** A pinned value may be a list itself; what else is said of a list is said of its elements. */
function paramTest(caveat: ParamCaveat): (value: Json | undefined) => boolean {
  const { eq, in: among, min, max, prefix } = caveat;
  const each: Test[] = [];
  if (min !== undefined) each.push((value) => typeof value === 'number' && value >= min);
  if (max !== undefined) each.push((value) => typeof value === 'number' && value <= max);
  if (prefix !== undefined)
    each.push((value) => typeof value === 'string' && within(prefix, value));
  if (among !== undefined) {
    const known = new Set(among.map((value) => jcs(value)));
    each.push((value) => known.has(jcs(value)));
  }
  const pinned = eq === undefined ? undefined : jcs(eq);
  return (value) => {
    if (value === undefined) return false;
    if (pinned !== undefined && jcs(value) !== pinned) return false;
    const elements = Array.isArray(value) && each.length > 0 ? value : [value];
    return elements.every((element) => each.every((test) => test(element)));
  };
}

/** Whose key has to prove that it is there; undefined where anybody may use the token. */
export const proofKeysOf = (blocks: readonly Caveats[]) =>
  blocks.flatMap(({ proof_key: key }) =>
    key === undefined ? [] : [publicKeyFromRaw(Buffer.from(key, 'base64url'))],
  );
