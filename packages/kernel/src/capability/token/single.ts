/**
 * A token of one block, which is nearly every one that is issued: what `begin` and `encodeToken` make, written once. What is signed and what the
 * token says of its block lie in the same bytes, so that nothing is copied from one to the other.
 */
import { signEd25519 } from '../../crypto/ed25519.ts';
import { HMAC_BLOCK } from '../../crypto/hmac.ts';
import { BLOCK_DOMAIN, type RootKey } from './chain.ts';
import type { EphemeralKey } from './ephemeral-key.ts';
import { CODE, KEY, MOST_BYTES, PREFIX, SIGNATURE, VERSION } from './format.ts';

/** Room for the key, the domain and the block's index before what both have: length, payload, next key. */
const LENGTH = HMAC_BLOCK + BLOCK_DOMAIN.length + 1;
const SIGNED = HMAC_BLOCK;
/** Version, algorithm and count, where the end of the domain stood. */
const TOKEN = LENGTH - 3;
const PAYLOAD = LENGTH + 2;
/** Each character is at most three bytes. */
const bytes = Buffer.alloc(PAYLOAD + MOST_BYTES * 3 + KEY + SIGNATURE);

/** undefined where the text would be longer than a token may be; then no key was asked for. */
export function singleToken(
  root: RootKey,
  payload: string,
  ephemeral: () => EphemeralKey,
): string | undefined {
  if (payload.length > MOST_BYTES) return undefined;
  const length = bytes.write(payload, PAYLOAD);
  const own = root.algorithm === 'hmac' ? KEY : KEY + SIGNATURE + KEY;
  if (3 + 2 + length + 1 + own > MOST_BYTES) return undefined;
  BLOCK_DOMAIN.copy(bytes, SIGNED);
  bytes[LENGTH - 1] = 0;
  bytes.writeUInt16BE(length, LENGTH);
  let at = PAYLOAD + length;
  if (root.algorithm === 'hmac') {
    root.secret.tagInto(bytes, SIGNED, at, at + 1);
  } else {
    const { seed, publicKey } = ephemeral();
    bytes.set(publicKey, at);
    at += KEY;
    bytes.set(signEd25519(root, bytes.subarray(SIGNED, at)), at);
    at += SIGNATURE;
    bytes.set(seed, at + 1);
  }
  bytes[at] = 0;
  bytes[TOKEN] = VERSION;
  bytes[TOKEN + 1] = CODE[root.algorithm];
  bytes[TOKEN + 2] = 1;
  return PREFIX + bytes.toString('base64url', TOKEN, at + 1 + KEY);
}
