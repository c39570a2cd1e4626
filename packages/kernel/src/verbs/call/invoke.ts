/**
 * `invoke`: what the token names is what runs. The capability makes the action of the arguments, so that no argument can name another one; then
 * it goes the way of every action.
 */
import type { JsonObject, Result } from '@portcullis/wire';
import type { KnownToken } from '../../capability/grants/known.ts';
import { type ReadInvocation, readInvocation } from '../../capability/grants/request.ts';
import type { GrantedCapability } from '../../capability/port.ts';
import type { TokenFault } from '../../capability/token/types.ts';
import type { Code } from '../../errors.ts';
import type { Caller, Evaluation, Execution } from '../../gate/guard.ts';
import { type Judgement, refusal } from '../../gate/judgement.ts';
import type { Parts } from '../../parts.ts';
import { decided } from './decide.ts';
import type { CallOptions } from './options.ts';
import { evaluation, recordDecision, toResult } from './record-decision.ts';
import { submitted } from './submit.ts';

export function invoke(
  parts: Parts,
  caller: Caller,
  input: unknown,
  options: CallOptions,
): Promise<Result> {
  try {
    return invoked(parts, caller, input, options);
  } catch (error) {
    return Promise.reject(error);
  }
}

function invoked(
  parts: Parts,
  caller: Caller,
  input: unknown,
  options: CallOptions,
): Promise<Result> {
  const read = readInvocation(input);
  if (!read.ok)
    return refuse(parts, caller, refusal('admission', read.code, { reason: read.message }));
  const { request } = read;
  const token = parts.granting.mint.read(request.token);
  const found = capabilityOf(parts, caller, token);
  if ('fault' in found) return refuse(parts, caller, refusal('capability', found.fault, found));
  const operation = found.operation(request.args);
  if ('wrong' in operation)
    return refuse(
      parts,
      caller,
      refusal('admission', 'invalid_params', { reason: operation.wrong }),
      operation.at,
    );
  const ev = prepared(parts, caller, request, found, operation);
  if (!('fault' in token)) ev.shown = { text: request.token, token };
  return found.execution === 'host' ? decided(parts, ev) : submitted(parts, ev, options);
}

/** Which capability the token is for. Whether the token is any good is the gate's to say. */
function capabilityOf(
  { granting }: Parts,
  caller: Caller,
  token: KnownToken | TokenFault,
): GrantedCapability | { readonly fault: Code; readonly note: string } {
  if ('fault' in token) return { fault: 'token_invalid', note: token.fault };
  const { capability, definition, tenant } = token.verified.claims;
  if (tenant !== caller.tenant) return { fault: 'token_invalid', note: 'of another tenant' };
  const found = granting.book.find(capability, tenant);
  if (found?.digest !== definition)
    return { fault: 'token_scope', note: `capability ${capability} is not what was granted` };
  return found;
}

function prepared(
  parts: Parts,
  caller: Caller,
  { token, proof, responseMode, rest, asked }: ReadInvocation,
  { action, execution }: GrantedCapability,
  { resource, params }: { readonly resource: string | undefined; readonly params: JsonObject },
): Evaluation {
  const how: Execution = execution;
  const request: JsonObject = { ...rest, action, params, token };
  if (resource !== undefined) request.resource = resource;
  if (proof !== undefined) request.proof = proof;
  if (responseMode !== undefined && how === 'provider') request.response_mode = responseMode;
  const ev = evaluation(parts, caller, request, how);
  ev.invoked = asked;
  return ev;
}

async function refuse(
  parts: Parts,
  caller: Caller,
  judged: Judgement,
  fault?: string,
): Promise<Result> {
  const ev = evaluation(parts, caller, undefined, 'provider');
  ev.fault = fault;
  return toResult(await recordDecision(parts, ev, judged));
}
