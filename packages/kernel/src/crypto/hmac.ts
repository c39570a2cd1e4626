/**
 * HMAC-SHA-256 (RFC 2104) of two one-shot digests: the platform's own object for it costs several times as much to make as the tag itself, and a grant
 * on one node is little more than one tag. Keys of up to one block only, which is all that is used here.
 */
import { hash } from 'node:crypto';

const BLOCK = 64;
const TAG = 32;

export interface HmacKey {
  /** 32 bytes, in a buffer of their own. */
  tag(message: Uint8Array): Buffer;
}

/** `secret`: 1 to 64 bytes. */
export function hmacKey(secret: Uint8Array): HmacKey {
  if (secret.length === 0 || secret.length > BLOCK)
    throw new Error(`an HMAC key here has 1 to ${BLOCK} bytes`);
  const inner = Buffer.alloc(BLOCK, 0x36);
  const outer = Buffer.alloc(BLOCK + TAG, 0x5c);
  secret.forEach((byte, at) => {
    inner[at] = byte ^ 0x36;
    outer[at] = byte ^ 0x5c;
  });
  return Object.freeze({
    tag(message: Uint8Array): Buffer {
      const whole = Buffer.allocUnsafe(BLOCK + message.length);
      inner.copy(whole);
      whole.set(message, BLOCK);
      outer.write(hash('sha256', whole, 'hex'), BLOCK, 'hex');
      return Buffer.from(hash('sha256', outer, 'hex'), 'hex');
    },
  });
}
