/** What webhooks are signed with: a secret that is shared, a key of one's own, or the sidecar's, whose public half is at /.well-known/jwks.json. */
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  hash,
  type KeyObject,
} from 'node:crypto';
import { join } from 'node:path';
import { readPrivateFile, writePrivateFile } from '../auth/private-file.ts';
import type { WebhookKey } from './sign.ts';

/** Bytes of a shared secret at least: as many as its hash has (RFC 2104, section 3). */
const SHORTEST_SECRET = 32;
/** Bytes of a key's file. */
const LARGEST = 16 * 1024;

/** A public key as a JWK (RFC 8037). */
export interface PublicJwk {
  readonly kty: 'OKP';
  readonly crv: 'Ed25519';
  readonly x: string;
  readonly kid: string;
  readonly alg: 'EdDSA';
  readonly use: 'sig';
}

export interface OwnKey {
  readonly privateKey: KeyObject;
  readonly jwk: PublicJwk;
}

/** The sidecar's own, which AuthZEN's tokens are signed with too: in the data directory, made on first use; of a moment where there is none. */
export function ownKey(dataDir: string | undefined): OwnKey {
  if (dataDir === undefined) return keyOf(generateKeyPairSync('ed25519').privateKey);
  const path = join(dataDir, 'keys', 'webhooks.pem');
  const found = readPrivateFile(path, LARGEST);
  if (found !== undefined) return keyFromPem(found);
  const made = generateKeyPairSync('ed25519').privateKey;
  writePrivateFile(path, made.export({ format: 'pem', type: 'pkcs8' }) as string);
  return keyOf(made);
}

/** Throws where it is no Ed25519 private key, PKCS#8 PEM. */
export function keyFromPem(pem: string): OwnKey {
  const key = createPrivateKey(pem);
  if (key.asymmetricKeyType !== 'ed25519') throw new Error('the key is not Ed25519');
  return keyOf(key);
}

function keyOf(privateKey: KeyObject): OwnKey {
  const { x = '' } = createPublicKey(privateKey).export({ format: 'jwk' });
  // RFC 7638: the required members in the order of their names.
  const kid = hash('sha256', JSON.stringify({ crv: 'Ed25519', kty: 'OKP', x }), 'base64url');
  return { privateKey, jwk: { kty: 'OKP', crv: 'Ed25519', x, kid, alg: 'EdDSA', use: 'sig' } };
}

export const signingWith = ({ privateKey, jwk }: OwnKey): WebhookKey => ({
  id: jwk.kid,
  algorithm: 'ed25519',
  privateKey,
});

/** Throws where it is too short to be one. */
export function sharedSecret(id: string, secret: string | Uint8Array): WebhookKey {
  const bytes = typeof secret === 'string' ? new TextEncoder().encode(secret) : secret;
  if (bytes.length < SHORTEST_SECRET)
    throw new Error(`a webhook's secret has at least ${SHORTEST_SECRET} bytes`);
  return { id, algorithm: 'hmac-sha256', secret: bytes };
}
