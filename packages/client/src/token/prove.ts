/**
 * Proof of possession: a token may name a key, and whoever shows it signs each request with that key. What is signed is in docs/grants.md. Web
 * Crypto alone, so that it works wherever this client does.
 */
import type {
  ActionRequest,
  DecideRequest,
  GrantRequest,
  InvokeRequest,
  JsonObject,
} from '@portcullis/wire';
import { write } from '../write.ts';
import { encode64, hex } from './bytes.ts';
import { canonical } from './canonical.ts';

/** The Ed25519 signature over these bytes: of a key in memory, a file, a device. */
export type Sign = (message: Uint8Array<ArrayBuffer>) => Uint8Array | Promise<Uint8Array>;

type Provable = InvokeRequest | ActionRequest | DecideRequest | GrantRequest;

const DOMAIN = 'portcullis/proof/v1\0';
const NONCE = 16;
const encoder = new TextEncoder();

/**
 * The request with a proof, good for a minute and once: make another one to ask again, and change nothing in this one. Throws a `PortcullisError`
 * for what JSON cannot hold, as sending it would.
 *
 * @example
 * await kernel.invoke(await prove({ token, args }, (message) => sign(null, message, privateKey)));
 */
export async function prove<T extends Provable>(
  request: T,
  sign: Sign,
): Promise<T & { proof: string }> {
  const nonce = encode64(crypto.getRandomValues(new Uint8Array(NONCE)));
  const head = `${Date.now()}.${nonce}`;
  const text = encoder.encode(canonical(asked(request)));
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', text));
  const signature = await sign(encoder.encode(`${DOMAIN}${head}.${hex(digest)}`));
  return { ...request, proof: `${head}.${encode64(signature)}` };
}

/** As the kernel reads it: arguments that are left out are none, and an empty list of labels says nothing. */
function asked(request: object): JsonObject {
  const { proof: _, stream: __, ...members } = JSON.parse(write(request)) as JsonObject;
  if (Array.isArray(members.labels) && members.labels.length === 0) delete members.labels;
  if ('action' in members) members.params ??= {};
  else if (!('capability' in members || 'delegate_to' in members)) members.args ??= {};
  return members;
}
