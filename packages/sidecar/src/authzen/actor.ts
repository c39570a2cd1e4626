/** Who an access request says is acting: every link of the chain has to be the key's own principal, or one that it may assert. */
import { mayActAs, PortcullisError } from '@portcullis/kernel';
import type { Json, JsonObject } from '@portcullis/wire';
import type { Call } from '../route.ts';

/** Throws `assertion_not_allowed` where the key cannot stand for a link, `malformed_request` where one names nobody. */
export function verifyActor(
  { credential, sidecar }: Call<unknown, unknown>,
  client: JsonObject | undefined,
): void {
  const verify = (id: Json | undefined, issuer: Json | undefined): void => {
    if (typeof id !== 'string' || id === '')
      throw new PortcullisError('malformed_request', 'an actor has an id');
    // Principals are this sidecar's: of anybody else's it knows nothing.
    if (!mayActAs(credential.caller, id) || (issuer ?? sidecar.publicUrl()) !== sidecar.publicUrl())
      throw new PortcullisError('assertion_not_allowed', 'the key cannot stand for this actor');
  };
  const actor = client?.actor;
  if (actor === undefined) return;
  const { id, issuer, act } = asObject(actor);
  verify(id, issuer);
  for (let link = act; link !== undefined; link = asObject(link).act) {
    const { sub, iss } = asObject(link);
    verify(sub, iss);
  }
}

function asObject(value: Json): { readonly [name: string]: Json | undefined } {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw new PortcullisError('malformed_request', 'an actor is an object');
}
