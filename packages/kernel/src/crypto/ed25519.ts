/** Ed25519 (RFC 8032) as this kernel uses it: raw 32-byte keys in and out, verification that never throws. */
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto';

export interface SigningKey {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

/** The DER that stands before 32 raw key bytes in SubjectPublicKeyInfo (RFC 8410). */
const SPKI = Buffer.from('302a300506032b6570032100', 'hex');

export function generateSigningKey(): SigningKey {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return Object.freeze({ privateKey, publicKey });
}

/** Takes PKCS#8 PEM. Throws where it is no Ed25519 private key. */
export function signingKeyFromPem(pem: string): SigningKey {
  const privateKey = createPrivateKey(pem);
  if (privateKey.asymmetricKeyType !== 'ed25519') throw new Error('the key is not Ed25519');
  return Object.freeze({ privateKey, publicKey: createPublicKey(privateKey) });
}

/** Throws where it is not 32 bytes. */
export function publicKeyFromRaw(raw: Uint8Array): KeyObject {
  if (raw.length !== 32) throw new Error('an Ed25519 public key has 32 bytes');
  return createPublicKey({ key: Buffer.concat([SPKI, raw]), format: 'der', type: 'spki' });
}

/** Of keys that were asked for before: to export one takes a third of what signing with it does, and each checkpoint names its signer. */
const exported = new WeakMap<KeyObject, Buffer>();

/** A copy, which is the caller's. */
export function rawPublicKey(key: KeyObject): Buffer {
  let raw = exported.get(key);
  if (raw === undefined) {
    if (key.asymmetricKeyType !== 'ed25519') throw new Error('the key is not Ed25519');
    const der = createPublicKeyOf(key).export({ format: 'der', type: 'spki' });
    raw = der.subarray(der.length - 32);
    exported.set(key, raw);
  }
  return Buffer.from(raw);
}

/** 64 bytes. */
export function signEd25519(key: Pick<SigningKey, 'privateKey'>, message: Uint8Array): Buffer {
  return sign(null, message, key.privateKey);
}

/** False for every signature that is not exactly 64 bytes and valid, S below the group order included. */
export function verifyEd25519(
  publicKey: KeyObject,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  if (signature.length !== 64) return false;
  try {
    return verify(null, message, publicKey, signature);
  } catch {
    return false;
  }
}

function createPublicKeyOf(key: KeyObject): KeyObject {
  return key.type === 'private' ? createPublicKey(key) : key;
}
