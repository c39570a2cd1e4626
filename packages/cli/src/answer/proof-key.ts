/** The Ed25519 key that a token names, from a PEM file: its public half to ask with, the private one to use the token. */
import { createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';
import { prove } from '@portcullis/client';
import type { GrantRequest, InvokeRequest } from '@portcullis/wire';
import { type Options, textOption } from '../context.ts';
import { UsageError } from '../exit.ts';
import { readText } from './request.ts';

export async function proofKeyOf(options: Options): Promise<{ proof_key?: string }> {
  const key = await keyOf(options, createPublicKey);
  return key === undefined ? {} : { proof_key: key.export({ format: 'jwk' }).x as string };
}

/** With a proof where `--proof-key` says by which key. */
export async function proven<T extends InvokeRequest | GrantRequest>(
  options: Options,
  request: T,
): Promise<T> {
  const key = await keyOf(options, createPrivateKey);
  return key === undefined ? request : prove(request, (message) => sign(null, message, key));
}

async function keyOf(
  options: Options,
  read: (pem: string) => KeyObject,
): Promise<KeyObject | undefined> {
  const path = textOption(options, 'proofKey');
  if (path === undefined) return undefined;
  const pem = await readText(`@${path}`, '--proof-key');
  try {
    const key = read(pem);
    if (key.asymmetricKeyType === 'ed25519') return key;
  } catch {
    // Said below, without what the file holds.
  }
  throw new UsageError(`--proof-key: ${path} holds no Ed25519 key for this`, [
    'openssl genpkey -algorithm ed25519 -out key.pem',
  ]);
}
