/** A held action as the vault keeps it: the request as it was admitted, and the action as the gate made it. */
import type { Json, JsonObject } from '@portcullis/wire';
import type { Evaluation } from '../gate/guard.ts';

export interface HeldValue {
  /** Of the decision that holds it: no two values are equal, so that letting one go never takes another's. */
  readonly id?: string;
  /** As it came, to be asked again: of `invoke`, the invocation. */
  readonly request: JsonObject;
  readonly verb: 'invoke' | 'submit' | 'decide';
  readonly action: { readonly name: string; readonly resource: string; readonly params: Json };
  readonly justification: string | undefined;
  /** Where its arguments come from, as far as they are not the user's own. */
  readonly chains: readonly string[];
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export function heldValue(ev: Evaluation): Uint8Array {
  const { action, request, invoked, grant, flow } = ev;
  if (action === undefined || request === undefined) throw new Error('nothing to hold');
  const { paramsText: _, proof: _proof, resume: _resume, ...asked } = request;
  const value: HeldValue = {
    id: ev.id,
    request: (invoked?.() ?? asked) as JsonObject,
    verb: invoked !== undefined ? 'invoke' : ev.execution === 'provider' ? 'submit' : 'decide',
    action: { name: action.name, resource: action.resource.value, params: action.params as Json },
    justification: request.justification ?? grant?.justification,
    chains: flow?.chains(action) ?? [],
  };
  return encoder.encode(JSON.stringify(value));
}

export const readHeldValue = (bytes: Uint8Array): HeldValue =>
  JSON.parse(decoder.decode(bytes)) as HeldValue;
