/** What two calls have in common: the texts that steps of a rule over several sessions are joined by. None where a call has nothing of the kind. */

import { resolve } from '../action/json/pointer.ts';
import type { Action } from '../action/types.ts';
import { fold } from '../flow/text/fold-text.ts';
import type { Evaluation } from '../gate/guard.ts';
import type { Joint } from '../policy/compile/joint.ts';

/** Of one call: destinations, or places, that are followed. */
const MOST = 16;

/** Each a JSON array text; several where a call has several destinations. */
export function joinKeysOf(
  joints: readonly Joint[],
  ev: Evaluation,
  action: Action,
): readonly string[] {
  let rows: readonly (readonly unknown[])[] = [[]];
  for (const joint of joints) {
    const values = valuesOf(joint, ev, action).slice(0, MOST);
    rows = rows.flatMap((row) => values.map((value) => [...row, value])).slice(0, MOST);
  }
  return rows.map((row) => JSON.stringify(row));
}

function valuesOf(joint: Joint, ev: Evaluation, action: Action): readonly unknown[] {
  switch (joint.kind) {
    case 'principal':
      return [ev.principal.id];
    case 'resource':
      return placesOf(action);
    case 'destination':
      return destinationsOf(ev, action);
    case 'param': {
      const value = resolve(action.params, joint.pointer);
      return value === undefined || value === null ? [] : [value];
    }
  }
}

/** A file that is moved is where it was and where it comes to. */
function placesOf({ resource: { kind, value }, params }: Action): readonly string[] {
  const found = value === '' ? [] : [`${kind} ${value}`];
  if (kind === 'fs' && typeof params.to === 'string') found.push(`fs ${params.to}`);
  return found;
}

/** The host of an address; whom the action's labels call a destination; else what it is on. */
function destinationsOf(ev: Evaluation, action: Action): readonly string[] {
  const { kind, value } = action.resource;
  if (kind === 'http') return [hostOf(value) ?? value];
  const named = (ev.flow?.facts(action).arguments ?? []).filter(
    ({ role }) => role === 'destination',
  );
  const found = new Set(named.map((one) => hostOf(one.value) ?? plain(one.value)));
  if (found.size > 0) return [...found];
  return value === '' ? [] : [plain(value)];
}

const plain = (text: string): string => fold(text.trim()).toLowerCase();

/** Without its port: another port is no other party. */
function hostOf(text: string): string | undefined {
  if (!/^https?:\/\//i.test(text)) return undefined;
  return URL.parse(text)?.hostname;
}
