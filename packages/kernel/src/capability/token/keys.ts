/** The keys that a kernel issues grants with, by name: the newest issues, all of them verify. */
import { hash } from 'node:crypto';
import { rawPublicKey, type SigningKey } from '../../crypto/ed25519.ts';
import { hmacKey } from '../../crypto/hmac.ts';
import type { RootKey } from './chain.ts';
import type { Algorithm } from './types.ts';

const NAME = Buffer.from('portcullis/grant/key/v1\0');

export interface KeyRing {
  /** Its name, and the key itself. */
  readonly current: { readonly name: string; readonly key: RootKey };
  find(name: string): RootKey | undefined;
}

/** Both kinds verify; `algorithm` says which one issues. */
export function grantKeys(algorithm: Algorithm, signing: SigningKey, secret: Buffer): KeyRing {
  const signed: RootKey = { algorithm: 'ed25519', ...signing };
  const tag = hmacKey(secret);
  const tagged: RootKey = { algorithm: 'hmac', secret: tag };
  const named: readonly (readonly [string, RootKey])[] = [
    [`ed25519-${hash('sha256', rawPublicKey(signing.publicKey), 'hex').slice(0, 16)}`, signed],
    [`hmac-${tag.tag(NAME).toString('hex').slice(0, 16)}`, tagged],
  ];
  const keys = new Map(named);
  const [name, key] = named[algorithm === 'ed25519' ? 0 : 1] as readonly [string, RootKey];
  return Object.freeze({
    current: Object.freeze({ name, key }),
    find: (wanted: string) => keys.get(wanted),
  });
}
