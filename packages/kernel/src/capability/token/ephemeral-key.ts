/** One key that signs the next block of a token: made here and now. */
import { generateKeyPairSync } from 'node:crypto';

export interface EphemeralKey {
  /** 32 bytes: RFC 8032's private key. */
  readonly seed: Buffer;
  readonly publicKey: Buffer;
}

/** As JWK, which is the cheapest way to its bytes. */
const FORMAT = {
  publicKeyEncoding: { format: 'jwk' },
  privateKeyEncoding: { format: 'jwk' },
} as const;

export function newEphemeralKey(): EphemeralKey {
  const made = generateKeyPairSync('ed25519', FORMAT as never).privateKey as unknown as {
    readonly d: string;
    readonly x: string;
  };
  return { seed: Buffer.from(made.d, 'base64url'), publicKey: Buffer.from(made.x, 'base64url') };
}
