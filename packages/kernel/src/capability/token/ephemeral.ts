/**
 * Keys that sign the next block of a token, made ahead of time: making one costs as much as a signature, and threads of the pool do it while
 * nobody waits. A key is handed out once.
 */
import { generateKeyPair, generateKeyPairSync } from 'node:crypto';

export interface EphemeralKey {
  /** 32 bytes: RFC 8032's private key. */
  readonly seed: Buffer;
  readonly publicKey: Buffer;
}

interface Jwk {
  readonly d: string;
  readonly x: string;
}

const FORMAT = {
  publicKeyEncoding: { format: 'jwk' },
  privateKeyEncoding: { format: 'jwk' },
} as const;

const keyOf = (jwk: Jwk): EphemeralKey => ({
  seed: Buffer.from(jwk.d, 'base64url'),
  publicKey: Buffer.from(jwk.x, 'base64url'),
});

export function newEphemeralKey(): EphemeralKey {
  return keyOf(generateKeyPairSync('ed25519', FORMAT as never).privateKey as unknown as Jwk);
}

export class EphemeralKeys {
  readonly #ready: EphemeralKey[] = [];
  readonly #most: number;
  #coming = 0;

  /** Nothing is made before the first key is asked for: most kernels never grant. */
  constructor(most = 256) {
    this.#most = most;
  }

  take(): EphemeralKey {
    const key = this.#ready.pop();
    this.#refill();
    return key ?? newEphemeralKey();
  }

  /** Two for each one taken, until the store is full: a burst finds it filled. */
  #refill(): void {
    for (let i = 0; i < 2 && this.#ready.length + this.#coming < this.#most; i++) {
      this.#coming += 1;
      generateKeyPair('ed25519', FORMAT as never, (error, _public, made) => {
        this.#coming -= 1;
        if (error === null) this.#ready.push(keyOf(made as unknown as Jwk));
      });
    }
  }
}
