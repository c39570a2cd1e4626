/**
 * Signed permits: `pc1.<base64url payload>.<base64url signature>`. The payload is the claims as JSON with fixed members in
 * fixed order, so that one permit has one text; the Ed25519 signature is over `portcullis/permit/v1\0` || payload.
 */
import type { KeyObject } from 'node:crypto';
import type { PermitClaims } from '@portcullis/wire';
import { type SigningKey, signEd25519, verifyEd25519 } from './ed25519.ts';

const DOMAIN = Buffer.from('portcullis/permit/v1\0');
/** Characters. */
export const MAX_PERMIT = 4_096;
const TOKEN = /^pc1\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]{86})$/;
const HEX_DIGEST = /^[0-9a-f]{64}$/;

export function signPermit(claims: PermitClaims, key: SigningKey): string {
  const payload = Buffer.from(encode(claims));
  const signature = signEd25519(key, Buffer.concat([DOMAIN, payload]));
  const token = `pc1.${payload.toString('base64url')}.${signature.toString('base64url')}`;
  if (token.length > MAX_PERMIT) throw new Error('the claims of a permit are too long');
  return token;
}

/** The claims of a permit that one of the keys signed, else undefined. Life, audience and use are the caller's to check. */
export function readPermit(
  token: unknown,
  publicKeys: readonly KeyObject[],
): PermitClaims | undefined {
  if (typeof token !== 'string' || token.length > MAX_PERMIT) return undefined;
  const match = TOKEN.exec(token);
  if (match === null) return undefined;
  const payload = decodeExactly(match[1] as string);
  const signature = decodeExactly(match[2] as string);
  if (payload === undefined || signature === undefined) return undefined;
  const signed = Buffer.concat([DOMAIN, payload]);
  if (!publicKeys.some((key) => verifyEd25519(key, signed, signature))) return undefined;
  return decode(payload.toString('utf8'));
}

function encode(c: PermitClaims): string {
  return JSON.stringify({
    id: c.id,
    tenant: c.tenant,
    principal: c.principal,
    audience: c.audience,
    digest: c.digest,
    policy: c.policy,
    mode: c.mode,
    issued: c.issued,
    expires: c.expires,
  });
}

function decode(text: string): PermitClaims | undefined {
  let value: PermitClaims;
  try {
    value = JSON.parse(text) as PermitClaims;
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const texts = [value.id, value.tenant, value.principal, value.audience, value.policy];
  if (!texts.every((t) => typeof t === 'string')) return undefined;
  if (typeof value.digest !== 'string' || !HEX_DIGEST.test(value.digest)) return undefined;
  if (value.mode !== 'enforce' && value.mode !== 'observe') return undefined;
  if (!Number.isSafeInteger(value.issued) || !Number.isSafeInteger(value.expires)) return undefined;
  // Members more, fewer, twice or in another order give another text.
  return encode(value) === text ? Object.freeze(value) : undefined;
}

/** base64url that encodes back to the same text: no padding, no spare bits. */
function decodeExactly(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64url');
  return bytes.toString('base64url') === text ? bytes : undefined;
}
