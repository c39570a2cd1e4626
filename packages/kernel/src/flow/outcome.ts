/** What came back of an action, and how it is read: by the labels of its tool, or by those of who brought it. */
import type { Json, Label } from '@portcullis/wire';
import type { Action } from '../action/types.ts';
import type { SessionState } from '../session/state.ts';
import type { AwaitedAction } from './awaited.ts';
import type { Facts } from './facts.ts';
import type { ActionLabels } from './label-files/label-set.ts';
import type { Output } from './provenance/output.ts';

/** What came back of an action. */
export interface FlowOutcome {
  readonly id: string;
  readonly tenant: string;
  readonly session: SessionState | undefined;
  readonly action: string;
  /** Where it is at hand. */
  readonly acted?: Action | undefined;
  readonly data: Json | undefined;
  /** Of who brought it first; then of what it was made of. */
  readonly labels: readonly [Label, ...Label[]];
  /** A part of what came back before: its labels stand with it. */
  readonly again?: boolean;
}

export function outputOf(
  action: string,
  labels: ActionLabels | undefined,
  origin: Label,
  awaited: AwaitedAction | undefined,
): Output {
  const result = labels?.result ?? (origin.integrity === 'trusted' ? TRUSTED_RESULT : FREE_RESULT);
  const confidentiality = result.confidentiality ?? origin.confidentiality;
  return {
    source: { action, origin: awaited?.origin ?? origin.origin },
    labels: { ...result, confidentiality },
    named: awaited?.named ?? false,
    page: labels?.url !== undefined,
  };
}

const FREE_RESULT: ActionLabels['result'] = Object.freeze({
  author: 'free',
  format: undefined,
  keys: 'free',
  fields: new Map(),
  by: undefined,
  confidentiality: 'private',
  secret: new Set<string>(),
});
const TRUSTED_RESULT: ActionLabels['result'] = Object.freeze({
  ...FREE_RESULT,
  author: 'trusted',
  keys: 'trusted',
});

/** For people: the address, or whatever selects what was read. */
export function originOf(labels: ActionLabels | undefined, facts: Facts, action: Action): string {
  const first = facts.arguments.find(({ role }) => role === 'destination' || role === 'selector');
  if (labels !== undefined && first !== undefined) return first.value.slice(0, 200);
  return action.resource.value.slice(0, 200);
}
