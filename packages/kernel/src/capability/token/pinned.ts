/** What caveats settle of an action before anybody asks for it: the values that are pinned, the resource where it is one. */
import type { Json, JsonObject } from '@portcullis/wire';
import { familyOf } from '../../action/action.ts';
import { Memo } from '../../action/memo.ts';
import { plainObject } from '../../action/plain.ts';
import type { Action } from '../../action/types.ts';
import type { Settled } from '../../policy/types.ts';
import type { CaveatsRead } from './caveats.ts';
import type { Caveats } from './types.ts';

const NOTHING: ReadonlySet<string> = new Set();
const NO_PARAMS = Object.freeze(plainObject()) as JsonObject;

export interface Known {
  /** Of the action's name, with nothing in it that is not settled. */
  readonly action: Action;
  readonly settled: Settled;
}

const pinsNothing = ({ resources, params }: Caveats): boolean =>
  resources === undefined && params === undefined;

const MOST = 256;
const open = new Memo<Known>(MOST);

function openAction(name: string): Known {
  const known = open.get(name);
  if (known !== undefined) return known;
  const resource = Object.freeze({ kind: familyOf(name), value: '' });
  const action = { name, resource, params: NO_PARAMS, paramsText: '', digest: '', hostPath: false };
  const settled = Object.freeze({ resource: false, params: NOTHING });
  return open.set(name, Object.freeze({ action: Object.freeze(action), settled }));
}

/** Pins at the top level alone: what lies deeper stays open. */
export function settledBy(
  { action: name }: { readonly action: string },
  caveats: readonly CaveatsRead[],
): Known {
  if (caveats.every(({ caveats: block }) => pinsNothing(block))) return openAction(name);
  let resource: string | undefined;
  let params: JsonObject | undefined;
  for (const { caveats: block } of caveats) {
    const [only, ...others] = block.resources ?? [];
    if (only !== undefined && others.length === 0 && !/[*\\]/.test(only)) resource = only;
    for (const [pointer, { eq }] of Object.entries(block.params ?? {})) {
      const member = pointer.slice(1);
      if (eq === undefined || /[/~]/.test(member)) continue;
      params ??= plainObject() as JsonObject;
      params[member] = eq as Json;
    }
  }
  const action: Action = {
    name,
    resource: { kind: familyOf(name), value: resource ?? '' },
    params: params ?? NO_PARAMS,
    paramsText: '',
    digest: '',
    hostPath: false,
  };
  const pinned =
    params === undefined ? NOTHING : new Set(Object.keys(params).map((member) => `/${member}`));
  return { action, settled: { resource: resource !== undefined, params: pinned } };
}
