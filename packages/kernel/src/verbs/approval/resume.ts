/** Takes a held action up by its id alone, as it was asked: who was killed while people decided needs to remember nothing else. */
import type { ActionRequest, InvokeRequest, Result } from '@portcullis/wire';
import { PortcullisError } from '../../errors.ts';
import type { Caller } from '../../gate/guard.ts';
import type { Parts } from '../../parts.ts';
import { decide } from '../call/decide.ts';
import { invoke } from '../call/invoke.ts';
import type { CallOptions } from '../call/options.ts';
import { submit } from '../call/submit.ts';
import { heldValueOf } from './approval-view.ts';

/** Throws `not_found` where this credential had nothing of this id held, or the vault no longer has it. */
export async function resume(
  parts: Parts,
  caller: Caller,
  id: string,
  options: CallOptions,
): Promise<Result> {
  const held = parts.approvals.get(id, caller.tenant);
  const own = held?.credential === caller.credential ? held : undefined;
  const value = own === undefined ? undefined : await heldValueOf(parts, own);
  if (value === undefined) throw new PortcullisError('not_found', 'no action of this id is held');
  const request = { ...value.request, resume: id } as unknown as ActionRequest & InvokeRequest;
  const right = value.verb === 'decide' ? 'decide' : 'submit';
  if (!caller.rights.has(right))
    throw new PortcullisError('forbidden', `this needs the right ${right}`);
  if (value.verb === 'invoke') return invoke(parts, caller, request, options);
  if (value.verb === 'decide') return decide(parts, caller, request);
  return submit(parts, caller, request, options);
}
