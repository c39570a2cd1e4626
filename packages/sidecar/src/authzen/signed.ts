/**
 * Values of the profile that go out and come back: compact JWS (RFC 7515) by the sidecar's own Ed25519 key (RFC 8037). What comes back is read with
 * that key under that header alone, whatever algorithm, key or type it names.
 */
import { createPublicKey, sign, verify } from 'node:crypto';
import type { JsonObject } from '@portcullis/wire';
import type { OwnKey } from '../webhooks/keys.ts';

/** One kind is never taken for the other (RFC 8725, section 3.11). */
export type SignedKind = 'portcullis-denial+jwt' | 'portcullis-approval+jwt';

const encode = (text: string): string => Buffer.from(text).toString('base64url');

const headerOf = ({ jwk }: OwnKey, typ: SignedKind): string =>
  encode(JSON.stringify({ alg: jwk.alg, kid: jwk.kid, typ }));

export function signed(key: OwnKey, kind: SignedKind, claims: JsonObject): string {
  const input = `${headerOf(key, kind)}.${encode(JSON.stringify(claims))}`;
  return `${input}.${sign(null, Buffer.from(input), key.privateKey).toString('base64url')}`;
}

/** Its claims; undefined where this sidecar did not make it. Whether its time is over is for the caller to see. */
export function readSigned(key: OwnKey, kind: SignedKind, text: unknown): JsonObject | undefined {
  if (typeof text !== 'string') return undefined;
  const [header, payload, signature, ...more] = text.split('.', 4);
  if (header !== headerOf(key, kind) || payload === undefined || signature === undefined)
    return undefined;
  const bytes = Buffer.from(signature, 'base64url');
  if (more.length > 0 || bytes.toString('base64url') !== signature) return undefined;
  const input = Buffer.from(`${header}.${payload}`);
  if (!verify(null, input, createPublicKey(key.privateKey), bytes)) return undefined;
  return JSON.parse(Buffer.from(payload, 'base64url').toString()) as JsonObject;
}
